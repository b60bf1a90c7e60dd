"""What is kept of the rows that were read: sums and scores per character and episode, as columns of plain numbers.

A float in a dict costs a hundred bytes where a column takes eight, and a run reads ten thousands of rows of dozens of
metrics. Sums are added in the order of the rows, so the last bit of a mean does not depend on how they are kept.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.metrics.base import Score

Episode = tuple[str, str]
"""(character, episode)."""

Column = NDArray[np.float64]

SUMS = 3
"""Per episode and column: numerator, denominator, items."""


class Sums:
    """Numerators and denominators per episode, in `columns` columns."""

    def __init__(self, columns: int) -> None:
        self._width = SUMS * columns
        self._places: dict[Episode, int] = {}
        self._data = array("d")

    def add(self, episode: Episode, column: int, numerator: float, denominator: float) -> None:
        """Add one item."""
        if episode not in self._places:
            self._places[episode] = len(self._places)
            self._data.frombytes(bytes(self._data.itemsize * self._width))
        at = self._places[episode] * self._width + SUMS * column
        self._data[at] += numerator
        self._data[at + 1] += denominator
        self._data[at + 2] += 1

    def by_character(self, column: int) -> Iterator[tuple[str, list[str], Column, Column]]:
        """Yield each character, its episodes that have items, and their numerators and denominators; sorted by name."""
        table = np.array(self._data).reshape(-1, self._width)[:, SUMS * column :][:, :SUMS]
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (character, episode), at in sorted(self._places.items()):
            if table[at, 2]:
                found[character].append((episode, at))
        for character, places in found.items():
            sums = table[[at for _, at in places]]
            yield character, [episode for episode, _ in places], sums[:, 0], sums[:, 1]


class Scores:
    """Scores one by one, for a metric whose value is no mean of rows. A score may stand in several views."""

    def __init__(self, views: Collection[str]) -> None:
        self._bits = {view: 1 << at for at, view in enumerate(views)}
        self._places: dict[Episode, int] = {}
        self._kinds: dict[tuple[str, ...], int] = {}
        self._episode, self._view, self._kind = array("l"), array("B"), array("H")
        self._numbers, self._start = array("d"), array("l")

    def add(self, episode: Episode, score: Score, views: Collection[str]) -> None:
        """Keep a score that has a value."""
        assert score.value is not None
        self._episode.append(self._places.setdefault(episode, len(self._places)))
        self._view.append(sum(self._bits[view] for view in views))
        kind = (score.reason, *score.components)
        self._kind.append(self._kinds.setdefault(kind, len(self._kinds)))
        self._start.append(len(self._numbers))
        self._numbers.extend((score.value, score.weight, *score.components.values()))

    def by_character(self, view: str) -> Iterator[tuple[str, Mapping[str, list[Score]]]]:
        """Yield each character with its scores by episode, in order of name; one character's are unpacked at a time."""
        names: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (character, episode), place in sorted(self._places.items()):
            names[character].append((episode, place))
        shown = (np.frombuffer(self._view, dtype=np.uint8) & self._bits[view]) != 0
        where, kinds = np.frombuffer(self._episode, dtype=f"i{self._episode.itemsize}"), list(self._kinds)
        for character, episodes in names.items():
            found = {name: np.flatnonzero(shown & (where == place)) for name, place in episodes}
            told = {name: [self._score(int(at), kinds) for at in places] for name, places in found.items()}
            if any(told.values()):
                yield character, {name: scores for name, scores in told.items() if scores}

    def _score(self, at: int, kinds: list[tuple[str, ...]]) -> Score:
        reason, *names = kinds[self._kind[at]]
        value, weight, *parts = self._numbers[self._start[at] : self._start[at] + 2 + len(names)]
        return Score(value=value, weight=weight, reason=reason, components=dict(zip(names, parts, strict=True)))
