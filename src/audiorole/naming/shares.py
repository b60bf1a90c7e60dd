"""Whose lines are how many: what a series says of itself on the whole, against what its weights expect.

Two things are known about shares of lines before any single line is. The weights were fitted on series that have some
usual share of strangers' lines; a series in which less is believed than that has fewer still, and each of its doubtful
lines is less likely a stranger's (one step of the way in which a classifier is fitted to classes that are more or less
frequent than where it was learnt: Saerens, Latinne & Decaestecker 2002). And names are given to many people's lines:
who has ten of them speaks more than who has one. A person with one name to whom many lines went took them from
somebody who sounds alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.lines import NO_SEED, Floats, SeriesLines

MOST_SHIFT = 3.0
"""Log-odds that a share changes at most."""

TRUST_NAMES = 3.0
"""Names that a person would have in keeping with the beliefs, for which these count against the names they have."""


def strangers_shift(claimed: Floats, usual: float) -> float:
    """Return what is added to the log-odds of "someone else" of every line.

    claimed: `(K + 1,)`, lines without a seed by whose they are believed to be. usual: the share that weights expect.
    """
    share = (float(claimed[-1]) + usual) / (float(claimed.sum()) + 1)
    return float(np.clip(_log_odds(share) - _log_odds(usual), -MOST_SHIFT, MOST_SHIFT))


def talk_shift(claimed: Floats, lines: SeriesLines) -> Floats:
    """Return `(K,)`, what is added to the log-odds of every candidate: names they have, against names for their lines.

    claimed: as for `strangers_shift`. Who has no name is known by a clip, which says nothing about how much they talk:
    nothing is added to them.
    """
    seeds = lines.seeds[lines.seeds >= 0]
    names, cast = np.bincount(seeds, minlength=len(claimed) - 1), claimed[:-1]
    expected = cast * (len(seeds) / max(float(cast.sum()), 1e-6))
    shift = np.log((names + TRUST_NAMES) / (expected + TRUST_NAMES))
    return np.asarray(np.where(names > 0, np.clip(shift, -MOST_SHIFT, MOST_SHIFT), 0.0), np.float32)


def claimed_lines(belief: NDArray[np.floating], lines: SeriesLines) -> Floats:
    """Return how many of the lines without a seed are believed to be whose, `(K + 1,)`. belief: `(N, K + 1)`."""
    total = np.zeros(belief.shape[1], np.float64)
    for rows in lines.blocks():
        total += belief[rows][lines.seeds[rows] == NO_SEED].sum(0, dtype=np.float32)
    return total.astype(np.float32)


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-3), 1 - 1e-3)
    return float(np.log(share / (1 - share)))
