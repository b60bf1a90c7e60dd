"""Which lines a list shows: filters over columns, and text that is looked for as far as somebody scrolls.

A filter over a million lines takes some milliseconds. A text that half the lines hold is not looked for to its end
before the first of them are shown: a search goes on where it stopped.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from audiorole.review.lines import TIERS, ReviewLines

MUCH_OVERLAP = 0.2
"""Share of a line that others speak over from which it counts as overlapped."""

STEP_SECONDS = 0.06
"""How long one request looks for a text before it answers with what was found so far."""

STEP_BYTES, STEP_HITS = 8_000_000, 2000
"""How much text is looked through, and how many places are found, before the clock is looked at."""

FEW = 20_000
"""Lines that are looked into one by one."""

Rows = NDArray[np.int64]
Ranking = Callable[[Rows], Rows]
"""Rows → the same rows in another order."""


@dataclass(frozen=True)
class LineFilter:
    """What a list shows; None and "" leave a condition out.

    character: "" is someone else. below: of the name's probability. state: `open` (no person decided), `decided`,
    `corrected`. tiers: letters. text: somewhere in the line, whatever the case. order: `time` or `outliers`.
    """

    episode: str = ""
    character: str | None = None
    voice: str = ""
    below: float | None = None
    overlap: bool = False
    tiers: str = ""
    state: str = ""
    text: str = ""
    order: str = "time"


class LineSearch:
    """The rows that pass a filter, found step by step. decided: bool `(num_built_lines,)`."""

    def __init__(
        self, lines: ReviewLines, wanted: LineFilter, decided: NDArray[np.bool_], ranking: Ranking | None = None
    ) -> None:
        self.lines, self.wanted, self.decided = lines, wanted, decided
        self.needle = " ".join(wanted.text.casefold().split()).encode("utf-8", "replace")
        self.pattern = re.compile(re.escape(self.needle))
        self.mask = self._mask()
        self.found: list[Rows] = []
        self.scanned = 0
        self.complete = False
        self.extra = [(self._key(row), row) for row in self._touched() if self._passes(row)]
        self._begin()
        if wanted.order == "outliers" and ranking:
            self._rank(ranking)

    def page(self, first: int, count: int) -> tuple[list[int], int]:
        """Return `count` rows from place `first` on, and how many were found so far."""
        self._until(first + count + 1)
        rows = self.rows
        return rows[first : first + count].tolist(), len(rows)

    def place_of(self, row: int) -> int:
        """Return the place of a row in the list, -1 where it was not found."""
        while not self.complete and self.scanned <= row:
            self._step()
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else -1

    @property
    def rows(self) -> Rows:
        """The rows found so far, in their order."""
        if len(self.found) != 1:
            self.found = [np.concatenate([*self.found, np.zeros(0, np.int64)])]
        return self.found[0]

    def _begin(self) -> None:
        if self.needle and (self.mask is None or int(self.mask.sum()) > FEW):
            return
        rows = np.arange(self.lines.built) if self.mask is None else np.flatnonzero(self.mask)
        if self.needle:
            rows = np.array([row for row in rows.tolist() if self._holds(row)], np.int64)
        self.found = [rows.astype(np.int64)]
        self._end()

    def _end(self) -> None:
        """Put corrected and added lines among the others."""
        self.complete = True
        if self.extra:
            extra = sorted(self.extra)
            rows, keys = self.rows, np.array([key for key, _ in extra])
            self.found = [np.insert(rows, np.searchsorted(rows, keys), [row for _, row in extra])]

    def _until(self, count: int) -> None:
        """Look on until so many rows are found, the text is at its end, or the time of a request is over."""
        deadline = time.monotonic() + STEP_SECONDS
        while not self.complete and sum(map(len, self.found)) < count and time.monotonic() < deadline:
            self._step()

    def _step(self) -> None:
        """Look through the next lines for the text."""
        place, first = self.lines.folded_place, self.scanned
        last = min(int(np.searchsorted(place, place[first] + STEP_BYTES)), self.lines.built)
        found = self.pattern.finditer(self.lines.folded, int(place[first]), int(place[last]))
        hits = np.fromiter((match.start() for match in islice(found, STEP_HITS)), np.int64)
        rows = np.unique(np.searchsorted(place, hits, side="right") - 1)
        self.scanned = int(rows[-1]) + 1 if len(hits) == STEP_HITS else last
        self.found.append(rows if self.mask is None else rows[self.mask[rows]])
        if self.scanned >= self.lines.built:
            self._end()

    def _mask(self) -> NDArray[np.bool_] | None:
        """Return which built lines pass all but the text; None where all do. Corrected ones are looked at alone."""
        conditions = list(self._conditions())
        touched = list(self.lines.corrections)
        if not conditions and not touched:
            return None
        mask = np.ones(self.lines.built, bool)
        for condition in conditions:
            mask &= condition
        mask[touched] = False
        return mask

    def _conditions(self) -> list[NDArray[np.bool_]]:
        lines, wanted, names = self.lines, self.wanted, self.lines.names
        found = []
        if wanted.episode:
            inside = np.zeros(lines.built, bool)
            inside[slice(*lines.span_of(wanted.episode))] = True
            found.append(inside)
        if wanted.character is not None:
            found.append(names.character == _code(names.characters, wanted.character))
        if wanted.voice:
            found.append(names.voice == _code(names.voices, wanted.voice))
        if wanted.below is not None:
            found.append(names.probability < wanted.below)
        if wanted.overlap:
            found.append(lines.overlap >= MUCH_OVERLAP)
        if wanted.tiers:
            found.append(np.isin(lines.tier, [TIERS.find(letter) for letter in wanted.tiers]))
        if wanted.state:
            decided = np.zeros(lines.built, bool) if wanted.state == "corrected" else self.decided
            found.append(~decided if wanted.state == "open" else decided)
        return found

    def _touched(self) -> list[int]:
        """Return the rows that people corrected or added."""
        return [*self.lines.corrections, *range(self.lines.built, len(self.lines))]

    def _passes(self, row: int) -> bool:
        """Return whether a corrected or added line passes."""
        lines, wanted = self.lines, self.wanted
        decided = row >= lines.built or bool(self.decided[row])
        return (
            (not wanted.episode or lines.episodes[lines.episode_of(row)] == wanted.episode)
            and (wanted.character is None or lines.character_of(row) == wanted.character)
            and (not wanted.voice or lines.voice_of(row) == wanted.voice)
            and (wanted.below is None or lines.probability_of(row) < wanted.below)
            and (not wanted.overlap or lines.overlaps(row) >= MUCH_OVERLAP)
            and (not wanted.tiers or lines.tier_of(row) in tuple(wanted.tiers))
            and (wanted.state not in ("open", "decided") or decided == (wanted.state == "decided"))
            and self._holds(row)
        )

    def _holds(self, row: int) -> bool:
        return not self.needle or self.needle in self.lines.text_of(row).casefold().encode("utf-8", "replace")

    def _key(self, row: int) -> float:
        """Return where a line stands among the built ones: those that were added, before the next built one."""
        if row < self.lines.built:
            return float(row)
        following = [near for near in self.lines.around(row)[1:] if near >= 0]
        last = self.lines.span_of(self.lines.episodes[self.lines.episode_of(row)])[1]
        at = self._next_built(following[0]) if following else last
        return at - 0.5 + 1e-6 * (row - self.lines.built)

    def _next_built(self, row: int) -> int:
        while row >= self.lines.built:
            row = self.lines.around(row)[1]
        return row if row >= 0 else self.lines.built

    def _rank(self, ranking: Ranking) -> None:
        while not self.complete:
            self._step()
        built = self.rows[self.rows < self.lines.built]
        others = self.rows[self.rows >= self.lines.built]
        self.found = [np.concatenate([ranking(built), others])]


@dataclass
class Searches:
    """The last searches, kept so that scrolling goes on with them. version: of what they were made on."""

    version: int = -1
    kept: dict[LineFilter, LineSearch] = field(default_factory=dict)
    most: int = 12

    def get(self, wanted: LineFilter, version: int, make: Callable[[LineFilter], LineSearch]) -> LineSearch:
        """Return the search for `wanted`, made anew where lines or names have changed since."""
        if version != self.version:
            self.kept.clear()
            self.version = version
        if wanted not in self.kept:
            while len(self.kept) >= self.most:
                self.kept.pop(next(iter(self.kept)))
            self.kept[wanted] = make(wanted)
        return self.kept[wanted]


def _code(values: list[str], value: str) -> int:
    """Return the code of a value, -1 for one that no line has."""
    return values.index(value) if value in values else -1
