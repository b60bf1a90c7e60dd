"""Is one recording inside another? Evidence from band energies, comparable between short and long stretches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiorole.evaluation.hearing.bands import FRAME_RATE, Bands, Bank

COPY_SECONDS = 2.5
"""Stretch of the copy search: long enough that unrelated speech correlates under 0.6, short enough to find a part."""
FLAT = 0.05
"""Spread of the log energies in time under which a stretch is silence or a hum, which is like any other."""
LEAST_COPY_SECONDS = 0.4
"""Shorter than this nothing is sought: a syllable is like other syllables."""


def copy_score(reply: Bands, sources: Sequence[Bank], without: str = "") -> float:
    """Return how surely a stretch of the reply is a copy of a stretch of `sources`: 0 for no likeness, 0.9 for a copy.

    The best correlation as Fisher's z times the square root of the stretch's length, since a short stretch finds a
    chance likeness somewhere (0.7 for a second, 0.5 for 2.5 s, in half a minute or in half an hour of speech).
    without: a part of the sources that is not looked at, the reply's own line where it lies among them.
    """
    return max((_evidence(part, bank, without) for part in _templates(reply) for bank in sources), default=0.0)


def _evidence(part: Bands, bank: Bank, without: str) -> float:
    correlation = min(0.999, max(0.0, bank.best_correlation(part, without)))
    return float(np.arctanh(correlation) * np.sqrt(len(part) / (COPY_SECONDS * FRAME_RATE)))


def _templates(reply: Bands) -> list[Bands]:
    """Return stretches of 2.5 s side by side; a short reply whole; none for what is too short or too flat to tell."""
    size = round(COPY_SECONDS * FRAME_RATE)
    if len(reply) < LEAST_COPY_SECONDS * FRAME_RATE:
        return []
    parts = [reply[at : at + size] for at in range(0, max(1, len(reply) - size + 1), size)]
    return [part for part in parts if float(part.std(axis=0).mean()) > FLAT]
