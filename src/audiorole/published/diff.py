"""Two datasets line by line: for teams that name the same episodes, and for versions of one dataset.

Lines are the same line where they lie at the same time of the same episode, whatever their ids are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiorole.published.reader import Row, parquet_files, read_rows
from audiorole.types import CharacterId, Record

COLUMNS = ("id", "episode", "series", "start", "end", "text", "character")

TOLERANCE = 0.02
"""Seconds by which bounds may differ and be the same: a rebuild's promise."""

LEAST_SHARED = 0.5
"""Share of the shorter of two lines that both must have to be one line."""


class DiffLine(Record, frozen=True):
    """A line of one of the datasets. who: the character's written form, "" for nobody in particular."""

    id: str
    start: float
    end: float
    text: str
    who: str
    split: str = ""


class LineChange(Record, frozen=True):
    """A line that differs. before: of the first dataset, None where it was added; after: of the second, or None.

    what: of `name`, `span`, `text`, `signs` (the same words), `split`; `added` or `removed` alone.
    """

    episode: str
    what: tuple[str, ...]
    before: DiffLine | None = None
    after: DiffLine | None = None


class CharacterChange(Record, frozen=True):
    """A character's lines in both; kept: those that are its own in both."""

    who: str
    before: int
    after: int
    kept: int


class DatasetDiff(Record, frozen=True):
    """What is different. lines: of the first and the second; same: lines without any difference.

    counts: kind of difference → lines; renamed: (before, after, lines), most first; only: episodes that one has.
    """

    first: str
    second: str
    lines: tuple[int, int]
    same: int
    counts: dict[str, int]
    characters: tuple[CharacterChange, ...]
    renamed: tuple[tuple[str, str, int], ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    changes: tuple[LineChange, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.changes


def diff_datasets(first: Path, second: Path, tolerance: float = TOLERANCE) -> DatasetDiff:
    """Return what differs between two datasets, folders or builds. Raises InputError where one is none.

    tolerance: seconds by which bounds may differ. One episode is in memory at a time, and what differs.
    """
    one, two = _Side.open(first), _Side.open(second)
    tally = _Tally()
    for episode in sorted({*one.files, *two.files}):
        for pair in paired(one.lines(episode), two.lines(episode)):
            tally.add(episode, *pair, tolerance)
    return tally.result(one, two)


@dataclass(frozen=True)
class _Side:
    """A dataset, opened. files: episode → the files with its lines."""

    name: str
    files: Mapping[str, Sequence[Path]]

    @classmethod
    def open(cls, folder: Path) -> _Side:
        files: dict[str, list[Path]] = {}
        for path in parquet_files(folder):
            for episode in dict.fromkeys(row["episode"] for _, row in read_rows(path, ["episode"])):
                files.setdefault(episode, []).append(path)
        return cls(str(folder), files)

    def lines(self, episode: str) -> list[DiffLine]:
        """Return the lines of an episode in order of time."""
        paths = self.files.get(episode, ())
        rows = ((row, path.parent.name) for path in paths for _, row in read_rows(path, COLUMNS))
        lines = [_line(row, split) for row, split in rows if row["episode"] == episode]
        return sorted(lines, key=lambda line: (line.start, line.end, line.id))


def _line(row: Row, split: str) -> DiffLine:
    who = str(CharacterId(row["series"], row["character"])) if row["character"] else ""
    return DiffLine(row["id"], row["start"], row["end"], row["text"] or "", who, split)


def paired(first: Sequence[DiffLine], second: Sequence[DiffLine]) -> Iterator[tuple[DiffLine | None, DiffLine | None]]:
    """Yield each line of both once, with the line of the other that lies at its time, or None; in order of time.

    Both are in order of time. The pairs that share most of their time are taken first.
    """
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, a, b in sorted(_overlaps(first, second)):
        if a not in taken and b not in used:
            taken[a] = b
            used.add(b)
    pairs: list[tuple[DiffLine | None, DiffLine | None]] = [
        (line, second[taken[at]] if at in taken else None) for at, line in enumerate(first)
    ]
    pairs += [(None, line) for at, line in enumerate(second) if at not in used]
    yield from sorted(pairs, key=lambda pair: next((x.start, x.id) for x in pair if x))


def _overlaps(first: Sequence[DiffLine], second: Sequence[DiffLine]) -> Iterator[tuple[float, int, int]]:
    """Yield (minus the share of their common time, place, place) of lines that may be one."""
    ends = np.maximum.accumulate([line.end for line in second]) if second else np.zeros(0)
    for a, line in enumerate(first):
        for b in range(int(np.searchsorted(ends, line.start)), len(second)):
            other = second[b]
            if other.start > line.end:
                break
            shared = min(line.end, other.end) - max(line.start, other.start)
            shorter = max(min(line.end - line.start, other.end - other.start), 1e-3)
            if shared >= LEAST_SHARED * shorter or (line.start, line.end) == (other.start, other.end):
                whole = max(line.end, other.end) - min(line.start, other.start)
                yield -round(max(shared, 0.0) / max(whole, 1e-3), 6), a, b


class _Tally:
    """Counts pairs of lines."""

    def __init__(self) -> None:
        self.changes: list[LineChange] = []
        self.counts: Counter[str] = Counter()
        self.lines, self.same = [0, 0], 0
        self.who: tuple[Counter[str], Counter[str], Counter[str]] = (Counter(), Counter(), Counter())
        self.renamed: Counter[tuple[str, str]] = Counter()

    def add(self, episode: str, before: DiffLine | None, after: DiffLine | None, tolerance: float) -> None:
        for side, line in enumerate((before, after)):
            if line:
                self.lines[side] += 1
                self.who[side][line.who] += 1
        what = _differences(before, after, tolerance)
        if before and after:
            self._both(before, after)
        self.same += not what
        self.counts.update(what)
        if what:
            self.changes.append(LineChange(episode, what, before, after))

    def _both(self, before: DiffLine, after: DiffLine) -> None:
        if before.who == after.who:
            self.who[2][before.who] += 1
        else:
            self.renamed[before.who, after.who] += 1

    def result(self, one: _Side, two: _Side) -> DatasetDiff:
        names = sorted({*self.who[0], *self.who[1]}, key=lambda who: (-self.who[0][who] - self.who[1][who], who))
        renamed = sorted(self.renamed.items(), key=lambda item: (-item[1], item[0]))
        only = (sorted(set(one.files) - set(two.files)), sorted(set(two.files) - set(one.files)))
        return DatasetDiff(
            first=one.name,
            second=two.name,
            lines=(self.lines[0], self.lines[1]),
            same=self.same,
            counts=dict(sorted(self.counts.items())),
            characters=tuple(CharacterChange(who, *(part[who] for part in self.who)) for who in names),
            renamed=tuple((before, after, count) for (before, after), count in renamed),
            only=(tuple(only[0]), tuple(only[1])),
            changes=tuple(self.changes),
        )


def _differences(before: DiffLine | None, after: DiffLine | None, tolerance: float) -> tuple[str, ...]:
    if before is None or after is None:
        return ("added",) if before is None else ("removed",)
    moved = max(abs(before.start - after.start), abs(before.end - after.end))
    found = {
        "name": before.who != after.who,
        "span": moved > tolerance + 1e-9,
        "text": _words(before.text) != _words(after.text),
        "split": before.split != after.split,
    }
    found["signs"] = before.text != after.text and not found["text"]
    return tuple(name for name, differs in found.items() if differs)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
