"""Find what was heard in the subtitle: runs of characters that are alike, in one order on both sides.

Local alignment (Smith and Waterman 1981) finds the likest stretch of both rows; what lies before it on both sides, and
what lies behind it, is compared in the same way, until nothing is left that chance would not give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.wording import CharacterRow, Ints

_UNLIKE, _GAP = 1, 1
"""What another character and a missing one take off; a like one adds 1."""
_FLOOR, _PER_DOUBLING = 4.0, 0.5
"""A stretch must score more than `_FLOOR` and this much per nat of compared places: what chance gives grows so."""


@dataclass(frozen=True)
class Matches:
    """Pairs of like characters, both rising: indexes into the heard row and the subtitle's, `(num_pairs,)` each."""

    heard: Ints
    said: Ints

    def __len__(self) -> int:
        return len(self.heard)


def matched(heard: CharacterRow, said: CharacterRow) -> Matches:
    """Return the pairs of `heard` and `said` that belong together, in order. A stretch never spans two heard spans."""
    pairs = _between(heard, said, 0, len(heard), 0, len(said))
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Matches(both[:, 0], both[:, 1])


def _between(
    heard: CharacterRow, said: CharacterRow, first: int, stop: int, low: int, high: int
) -> list[tuple[int, int]]:
    """Return the pairs of heard characters `first` to `stop` with the subtitle's `low` to `high`."""
    best: list[tuple[int, int]] = []
    score = 0.0
    for begin, end in _spans(heard.owners, first, stop):
        found, pairs = _likest(heard.codes[begin:end], said.codes[low:high])
        above = found - _FLOOR - _PER_DOUBLING * math.log(max(1, (end - begin) * (high - low)))
        if above > max(score, 0.0):
            score, best = above, [(a + begin, b + low) for a, b in pairs]
    if not best:
        return []
    before = _between(heard, said, first, best[0][0], low, best[0][1])
    after = _between(heard, said, best[-1][0] + 1, stop, best[-1][1] + 1, high)
    return [*before, *best, *after]


def _spans(owners: Ints, first: int, stop: int) -> list[tuple[int, int]]:
    """Return the bounds of the stretches of one owner within `first` to `stop`."""
    if stop <= first:
        return []
    edges = np.flatnonzero(np.diff(owners[first:stop])) + first + 1
    bounds = [first, *edges.tolist(), stop]
    return list(pairwise(bounds))


def _likest(heard: Ints, said: Ints) -> tuple[int, list[tuple[int, int]]]:
    """Return the score of the likest stretch and its pairs of equal characters."""
    if not len(heard) or not len(said):
        return 0, []
    scores = _scores(heard, said)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(scores[row, column]), _traced(scores, heard, said, int(row), int(column))


def _scores(heard: Ints, said: Ints) -> NDArray[np.int16]:
    """Return the best score of a stretch that ends at each pair, `(num_heard + 1, num_said + 1)`."""
    scores = np.zeros((len(heard) + 1, len(said) + 1), dtype=np.int16)
    ramp = np.arange(len(said) + 1, dtype=np.int32) * _GAP
    here = np.zeros(len(said) + 1, dtype=np.int32)
    for number, code in enumerate(heard):
        before = here
        here = np.zeros_like(before)
        likeness = np.where(said == code, 1, -_UNLIKE)
        np.maximum(before[:-1] + likeness, before[1:] - _GAP, out=here[1:])
        np.maximum(here, 0, out=here)
        here = np.maximum.accumulate(here + ramp) - ramp
        scores[number + 1] = here
    return scores


def _traced(scores: NDArray[np.int16], heard: Ints, said: Ints, row: int, column: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    while scores[row, column] > 0:
        like = heard[row - 1] == said[column - 1]
        if scores[row, column] == scores[row - 1, column - 1] + (1 if like else -_UNLIKE):
            row, column = row - 1, column - 1
            if like:
                pairs.append((row, column))
        elif scores[row, column] == scores[row - 1, column] - _GAP:
            row -= 1
        else:
            column -= 1
    return pairs[::-1]
