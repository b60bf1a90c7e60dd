"""How far a review has come: hours settled, and how many questions there may be to 95 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiorole.types.plain import JsonObject

GOAL = 0.95
SURE = 0.95
"""Probability from which a line that nobody decided counts as settled."""

FIRST = 5
"""Answers from which their own effect says how many more there will be; before, the sizes of the voices do."""

MOST = 5000
"""Answers beyond which no number is given."""


def progress(
    seconds: NDArray[np.float64],
    probability: NDArray[np.float32],
    decided: NDArray[np.bool_],
    voice_seconds: Sequence[float],
    asked: int,
) -> JsonObject:
    """Return what the page shows of the progress.

    seconds, probability, decided: per line. voice_seconds: of each voice. asked: answers so far.
    `questions` is None where it would be thousands.
    """
    total = float(seconds.sum())
    settled = float(seconds[decided | (probability >= SURE)].sum())
    expected = float((probability * seconds).sum() / total) if total else 0.0
    return {
        "hours": round(total / 3600, 4),
        "settled": round(settled / 3600, 4),
        "expected": expected,
        "goal": GOAL,
        "questions": questions_to(GOAL, expected, voice_seconds, asked),
    }


def questions_to(goal: float, expected: float, voice_seconds: Sequence[float], asked: int) -> int | None:
    """Return about how many more answers it takes until a share `goal` of the speech is expected right.

    With n answers, what is still wrong is about 1 / (1 + n / h) of the speech, h being the answers for the first half
    (docs/guide/review.md: h is 4 to 8 from 5 to 150 answers).

    >>> questions_to(0.95, 0.97, [], 12)
    0
    >>> questions_to(0.95, 0.0, [50.0, 40.0, 10.0], 0)
    19
    >>> questions_to(0.95, 0.8, [50.0, 40.0, 10.0], 20)
    75
    """
    wrong = 1 - expected
    if wrong <= 1 - goal:
        return 0
    half = asked * wrong / expected if asked >= FIRST and expected > 0 else _voices_of_half(voice_seconds)
    more = math.ceil(half * (1 / (1 - goal) - 1 / wrong) - 1e-9)
    return max(1, more) if more <= MOST else None


def _voices_of_half(seconds: Sequence[float]) -> float:
    """Return how many of the largest voices have half of the speech."""
    if not len(seconds):
        return 1.0
    sums = np.cumsum(sorted(seconds, reverse=True))
    return float(np.searchsorted(sums, sums[-1] / 2) + 1)
