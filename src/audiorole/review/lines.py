"""The lines of a series as columns: what lists, filters and searches read, small enough for a million lines.

Row `r` is a line as the build made it, in the order of naming: by episode, then by start. Lines that reviewers added
come behind the built ones, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.answers.corrections import LineCorrection
from audiorole.review.line_rows import LineName, LineQuality, LineRow, read_line_rows

TIERS = "ABC"

FOLDED_LINES = 10_000
"""Lines whose text is folded at once."""


@dataclass
class NameColumns:
    """Who says each line. character, voice: codes into `characters`, `voices` (`""` is code 0); probability: [0, 1]."""

    characters: list[str]
    voices: list[str]
    character: NDArray[np.int32]
    voice: NDArray[np.int32]
    probability: NDArray[np.float32]

    @cached_property
    def anybody(self) -> bool:
        """Whether anybody at all is named."""
        return bool(np.any(self.probability > 0))

    def give(self, row: int, name: str) -> None:
        """Write down who says a line for certain, until the series is named anew."""
        if name not in self.characters:
            self.characters.append(name)
        self.character[row], self.probability[row] = self.characters.index(name), 1.0
        self.anybody = True


def coded(values: Iterable[str]) -> tuple[list[str], NDArray[np.int32]]:
    """Return the different values, `""` first, and the code of each.

    >>> coded(["b", "", "b"])
    (['', 'b'], array([1, 0, 1], dtype=int32))
    """
    place: dict[str, int] = {"": 0}
    codes = np.fromiter((place.setdefault(value, len(place)) for value in values), np.int32)
    return list(place), codes


@dataclass
class ReviewLines:
    """Columns over all lines. edges: row of each episode's first line, and the number of lines `(num_episodes + 1,)`.

    number: of the line within its episode; start, end: seconds; tier: code into `TIERS`, -1 where not rated.
    text: of all lines, one a row, as UTF-8; line `r` is `text[place[r]:place[r + 1] - 1]`.
    folded: the same in small letters, for searching; its own `folded_place`.
    """

    episodes: list[str]
    edges: NDArray[np.int64]
    number: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    overlap: NDArray[np.float32]
    tier: NDArray[np.int8]
    text: bytes
    place: NDArray[np.int64]
    names: NameColumns
    corrections: dict[int, LineCorrection] = field(default_factory=dict)
    added_names: dict[str, str] = field(default_factory=dict)
    added: list[tuple[str, LineCorrection]] = field(default_factory=list)

    @classmethod
    def read(cls, paths: Mapping[str, Path]) -> ReviewLines:
        """Read the records of episodes. paths: episode → its records, sorted by episode."""
        builder = _Builder()
        for episode, path in paths.items():
            builder.add(episode, read_line_rows(path))
        return builder.finish()

    @property
    def built(self) -> int:
        """Lines that the build made."""
        return len(self.start)

    def __len__(self) -> int:
        """Return the lines, those that reviewers added among them."""
        return self.built + len(self.added)

    @cached_property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds of each built line, 0 where it ends before it begins."""
        return np.maximum(self.end - self.start, 0.0)

    @cached_property
    def folded(self) -> bytes:
        """All texts in small letters, one a row; folded part by part, so that other requests are answered meanwhile."""
        edges = [*self.place[::FOLDED_LINES].tolist(), len(self.text)]
        parts = (self.text[a:b].decode("utf-8").casefold().encode("utf-8") for a, b in pairwise(edges))
        return b"".join(parts)

    @cached_property
    def folded_place(self) -> NDArray[np.int64]:
        """Where each row of `folded` begins, and its length `(num_lines + 1,)`."""
        ends = np.flatnonzero(np.frombuffer(self.folded, np.uint8) == ord("\n")) + 1
        return np.concatenate([[0], ends]).astype(np.int64)

    def fold(self) -> None:
        """Make what searching needs, before somebody searches."""
        assert self.folded_place[-1] == len(self.folded)

    def episode_of(self, row: int) -> int:
        """Return the place of a row's episode."""
        if row >= self.built:
            return self.episodes.index(self.added[row - self.built][0].rpartition("/")[0])
        return int(np.searchsorted(self.edges, row, side="right")) - 1

    def id_of(self, row: int) -> str:
        """Return the id of a row's line."""
        if row >= self.built:
            return self.added[row - self.built][0]
        return f"{self.episodes[self.episode_of(row)]}/u{int(self.number[row]):05d}"

    def row_of(self, line: str) -> int:
        """Return the row of a line, -1 where there is none."""
        episode, _, number = line.rpartition("/u")
        if episode in self.episode_place and number.isdigit():
            first, last = self.span_of(episode)
            rows = np.flatnonzero(self.number[first:last] == int(number))
            if len(rows) and self.id_of(first + int(rows[0])) == line:
                return first + int(rows[0])
        return next((self.built + at for at, (own, _) in enumerate(self.added) if own == line), -1)

    @cached_property
    def episode_place(self) -> dict[str, int]:
        """Episode → its place."""
        return {episode: at for at, episode in enumerate(self.episodes)}

    def span_of(self, episode: str) -> tuple[int, int]:
        """Return the first row of an episode and the first behind it."""
        at = self.episode_place[episode]
        return int(self.edges[at]), int(self.edges[at + 1])

    def correction_of(self, row: int) -> LineCorrection | None:
        """Return what people corrected in a line."""
        return self.added[row - self.built][1] if row >= self.built else self.corrections.get(row)

    def built_text(self, row: int) -> str:
        """Return the text that a line was built with."""
        if row >= self.built:
            return ""
        return self.text[self.place[row] : self.place[row + 1] - 1].decode("utf-8")

    def text_of(self, row: int) -> str:
        """Return a line's text as it was corrected."""
        correction = self.correction_of(row)
        return correction.text if correction and correction.text is not None else self.built_text(row)

    def bounds_of(self, row: int) -> tuple[float, float]:
        """Return a line's start and end in seconds, as they were corrected."""
        correction = self.correction_of(row)
        if correction and correction.span:
            return correction.span
        return float(self.start[row]), float(self.end[row])

    def overlaps(self, row: int) -> float:
        """Return the share of a line that others speak over, as it was corrected."""
        correction = self.correction_of(row)
        if correction and correction.overlap is not None:
            return float(correction.overlap)
        return float(self.overlap[row]) if row < self.built else 0.0

    def tier_of(self, row: int) -> str:
        """Return a line's tier, "" where it was not rated."""
        code = int(self.tier[row]) if row < self.built else -1
        return TIERS[code] if code >= 0 else ""

    def character_of(self, row: int) -> str:
        """Return who says a line."""
        if row >= self.built:
            return self.added_names.get(self.added[row - self.built][0], "")
        return self.names.characters[int(self.names.character[row])]

    def probability_of(self, row: int) -> float:
        """Return the probability of a line's name."""
        if row >= self.built:
            return 1.0 if self.character_of(row) else 0.0
        return float(self.names.probability[row])

    def voice_of(self, row: int) -> str:
        """Return the anonymous voice of a line."""
        return self.names.voices[int(self.names.voice[row])] if row < self.built else ""

    def correct(self, found: Mapping[str, LineCorrection], added_names: Mapping[str, str]) -> None:
        """Take in what stands for lines by now. added_names: who speaks in lines that reviewers added."""
        self.added_names = dict(added_names)
        self.added = sorted((line, one) for line, one in found.items() if one.added and self._of_series(line))
        self.corrections = {}
        for line, correction in found.items():
            row = -1 if correction.added else self.row_of(line)
            if 0 <= row < self.built and correction.fits(self.built_text(row)):
                self.corrections[row] = correction

    def _of_series(self, line: str) -> bool:
        return line.rpartition("/")[0] in self.episode_place

    def in_time(self, rows: Iterable[int]) -> list[int]:
        """Return rows by episode and start, as they were corrected."""
        return sorted(rows, key=lambda row: (self.episode_of(row), self.bounds_of(row)[0], row))

    def around(self, row: int) -> tuple[int, int]:
        """Return the rows before and after a line in its episode, -1 where there is none."""
        first, last = self.span_of(self.episodes[self.episode_of(row)])
        if row < self.built and not self.added:
            return (row - 1 if row > first else -1), (row + 1 if row + 1 < last else -1)
        near = range(max(first, row - 3), min(last, row + 4)) if row < self.built else self._near(row, first, last)
        added = (self.built + at for at, (line, _) in enumerate(self.added) if self._same(line, row))
        order = self.in_time({row, *near, *added})
        at = order.index(row)
        return (order[at - 1] if at else -1), (order[at + 1] if at + 1 < len(order) else -1)

    def _near(self, row: int, first: int, last: int) -> range:
        at = first + int(np.searchsorted(self.start[first:last], self.bounds_of(row)[0]))
        return range(max(first, at - 3), min(last, at + 3))

    def _same(self, line: str, row: int) -> bool:
        return line.rpartition("/")[0] == self.episodes[self.episode_of(row)]

    def at_time(self, episode: str, seconds: float) -> int:
        """Return the row that is spoken at a moment of an episode, or the last before it; -1 without lines."""
        first, last = self.span_of(episode)
        at = int(np.searchsorted(self.start[first:last], seconds, side="right")) - 1
        return first + max(at, 0) if last > first else -1


def _tier(quality: LineQuality | None) -> int:
    return TIERS.find(quality.tier) if quality and quality.tier else -1


class _Builder:
    """Collects the columns episode by episode."""

    def __init__(self) -> None:
        self.episodes: list[str] = []
        self.counts: list[int] = []
        self.texts: list[bytes] = []
        self.columns: dict[str, list[NDArray[np.generic]]] = {}
        self.characters: dict[str, int] = {"": 0}
        self.voices: dict[str, int] = {"": 0}

    def add(self, episode: str, rows: Sequence[LineRow]) -> None:
        self.episodes.append(episode)
        self.counts.append(len(rows))
        self.texts.append(b"".join(row.text.replace("\n", " ").encode("utf-8", "replace") + b"\n" for row in rows))
        self._put("number", np.int64, (int(row.id.rpartition("/u")[2]) for row in rows))
        self._put("start", np.float64, (row.start for row in rows))
        self._put("end", np.float64, (row.end for row in rows))
        self._put("overlap", np.float32, (row.speech.overlap_share if row.speech else 0.0 for row in rows))
        self._put("tier", np.int8, (_tier(row.quality) for row in rows))
        named = [row.naming or LineName() for row in rows]
        self._put("character", np.int32, (self._code(self.characters, name.character) for name in named))
        self._put("voice", np.int32, (self._code(self.voices, name.speaker) for name in named))
        self._put("probability", np.float32, (name.probability for name in named))

    def _code(self, places: dict[str, int], value: str) -> int:
        return places.setdefault(value, len(places))

    def _put(self, name: str, kind: type[np.generic], values: Iterator[object]) -> None:
        self.columns.setdefault(name, []).append(np.fromiter(values, kind))

    def finish(self) -> ReviewLines:
        text = b"".join(self.texts)
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1
        columns = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        names = NameColumns(
            list(self.characters), list(self.voices), columns.pop("character"), columns.pop("voice"),
            columns.pop("probability"),
        )  # fmt: skip
        return ReviewLines(
            episodes=self.episodes,
            edges=np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64),
            text=text,
            place=np.concatenate([[0], ends]).astype(np.int64),
            names=names,
            **columns,  # type: ignore[arg-type]
        )
