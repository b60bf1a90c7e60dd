"""The voice in the middle of a series: what all voices are compared from.

Cosines say how alike two voices are only if they are taken from the middle of all *people*. The mean of all lines is
drawn to whoever talks most: where two people say nearly everything, it lies between these two, and whoever else speaks
sounds like a third. So every person counts alike here, as far as they can be told before anybody is named, and the
embedder's own middle counts for a few people more.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from audiorole.core.vectors import unit
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.voices.clarity import voice_weight
from audiorole.naming.voices.prior import VoicePrior

PRIOR_PEOPLE = 10.0
"""People of an episode that the embedder's own mean voice counts for. Chosen on the even episodes of two series."""

ONE_PERSON = -1.0
"""Log odds that two lines of an episode have one speaker, before they are heard."""


def mean_voice(lines: SeriesLines, prior: VoicePrior | None = None) -> Floats:
    """Return the mean `(D,)` of the unit voices of a series.

    Where the embedder's own mean is known, everybody who speaks in an episode counts once; else every line does.
    """
    if prior is None or len(prior.mean) != lines.embedding.shape[1]:
        return _mean_of_lines(lines)
    total, people = PRIOR_PEOPLE * prior.mean.astype(np.float64), PRIOR_PEOPLE
    for rows in lines.blocks():
        share = _share_of_speaker(lines, rows, prior)
        total += share @ unit(lines.embedding[rows])
        people += float(share.sum())
    return np.asarray(total / people, np.float32)


def _mean_of_lines(lines: SeriesLines) -> Floats:
    total, count = np.zeros(lines.embedding.shape[1]), 0
    for rows in lines.blocks():
        part = unit(lines.embedding[rows])
        total += part.sum(0)
        count += int(np.any(part != 0, axis=1).sum())
    return np.asarray(total / max(count, 1), np.float32)


def _share_of_speaker(lines: SeriesLines, rows: slice, prior: VoicePrior) -> Floats:
    """Return how much of all that its speaker says in the block each line is, `(n,)`: one person's lines sum to 1."""
    voice = unit(lines.embedding[rows])
    heard = np.any(voice != 0, axis=1)
    direction, seconds = unit(voice - prior.mean), voice_weight(lines.clarity[rows]) * heard
    one = expit(prior.log_ratio(direction @ direction.T, seconds[:, None], seconds) + ONE_PERSON)
    np.fill_diagonal(one, 1.0)
    return np.asarray(seconds / np.maximum(one @ seconds, 1e-6), np.float32)
