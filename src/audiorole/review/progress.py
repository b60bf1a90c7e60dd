"""How far a review has come: hours settled, and about how many answers there may be to 95 %.

Probabilities are what they say where the cast is known from files and subtitles. Where people's answers are all that is
known, a voice that nobody named yet is taken for one that somebody did: there, what is still wrong is judged by how it
falls with the answers, and by the lines that chance drew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.types.plain import JsonObject

GOAL = 0.95
SURE = 0.95
"""Probability from which a line that nobody decided counts as settled."""

SPREAD = 0.8
"""Standard deviation, in logarithms, of that number from series to series; set by hand."""

MOST = 5000
"""Answers beyond which no number is given."""


@dataclass(frozen=True)
class SoFar:
    """What a review has to go by. seconds, probability: per line; decided: a person named it; voiced: its voice.

    voice_seconds: of each voice. asked: answers so far. drawn: per random line, (answers before it, was its name
    right?). open_cast: nobody is known but by answers.
    """

    seconds: NDArray[np.float64]
    probability: NDArray[np.float32]
    decided: NDArray[np.bool_]
    voiced: NDArray[np.bool_]
    voice_seconds: Sequence[float]
    asked: int
    drawn: Sequence[tuple[int, bool]]
    open_cast: bool


def progress(so_far: SoFar) -> JsonObject:
    """Return what the page shows; `questions` is None where it would be thousands."""
    total = float(so_far.seconds.sum())
    sure = so_far.probability >= SURE
    settled = so_far.decided | (sure & so_far.voiced if so_far.open_cast else sure)
    half = answers_of_half(so_far.voice_seconds, so_far.drawn)
    if so_far.open_cast:
        expected = 1 - wrong_after(so_far.asked, half)
    else:
        expected = float((so_far.probability * so_far.seconds).sum() / total) if total else 0.0
    return {
        "hours": round(total / 3600, 4),
        "settled": round(float(so_far.seconds[settled].sum()) / 3600, 4),
        "expected": expected,
        "goal": GOAL,
        "questions": questions_to(GOAL, expected, half),
    }


def wrong_after(answers: float, half: float) -> float:
    """Return the share that is still wrong after so many answers. half: of them leave half wrong.

    >>> wrong_after(7, 7.0)
    0.5
    """
    return 1 / (1 + answers / half)


def answers_of_half(voice_seconds: Sequence[float], drawn: Sequence[tuple[int, bool]]) -> float:
    """Return after how many answers half is still wrong: as many as voices hold half of the speech, unless the random
    lines make another number likelier.

    On the development series these voices are 7, and what is wrong falls as 1 / (1 + n / 7) from 29 to 260 answers
    (docs/figures.md).

    >>> answers_of_half([40.0, 30.0, 20.0, 10.0], [])
    2.0
    >>> answers_of_half([40.0, 30.0, 20.0, 10.0], [(20, False)] * 5) > 5
    True
    """
    prior = _voices_of_half(voice_seconds)
    if not drawn:
        return prior
    grid = prior * np.exp(np.linspace(-4, 4, 321))
    likely = -(np.log(grid / prior) ** 2) / (2 * SPREAD**2)
    for answers, right in drawn:
        wrong = 1 / (1 + answers / grid)
        likely += np.log(np.clip(1 - wrong if right else wrong, 1e-6, 1))
    return float(grid[int(likely.argmax())])


def questions_to(goal: float, expected: float, half: float) -> int | None:
    """Return about how many more answers it takes until a share `goal` is right.

    >>> questions_to(0.95, 0.97, 7.0)
    0
    >>> questions_to(0.95, 0.5, 7.0)
    126
    """
    if expected >= goal:
        return 0
    more = math.ceil(half * (1 / (1 - goal) - 1 / (1 - expected)) - 1e-9)
    return max(1, more) if more <= MOST else None


def _voices_of_half(seconds: Sequence[float]) -> float:
    """Return how many of the largest voices have half of the speech."""
    if not len(seconds):
        return 1.0
    sums = np.cumsum(sorted(seconds, reverse=True))
    return float(np.searchsorted(sums, sums[-1] / 2) + 1)
