"""Which lines of a dataset go into an export, and why the others do not.

A line is left out for the first reason that holds, in the order of `Selection`'s fields; what repeats a line of
another split is left out in any case.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audiorole.errors import ConfigError, InputError, UnknownNameError
from audiorole.published.reader import Row, parquet_files, read_rows
from audiorole.types import CharacterId, find_character
from audiorole.types.record import Record

TIERS = ("A", "B", "C")

NEEDED = ["id", "series", "episode", "character", "speaker", "tier", "probability", "duration", "duplicate_of"]


class Selection(Record, frozen=True):
    """Filters, the same for every format; as it stands, everything passes.

    splits: of these alone; characters: written forms (`show/Gus`) or names; tiers: `A`, `B`, `C`. least_probability:
    of the name, in [0, 1]. shortest, longest: seconds of a line, both included; 0 is no limit. balance: at most so many
    minutes of each character in each split, drawn by chance that depends on the lines' ids alone; 0 is no limit.
    """

    splits: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    least_probability: float = 0.0
    shortest: float = 0.0
    longest: float = 0.0
    balance: float = 0.0

    def checked(self) -> Selection:
        """Return the selection itself. Raises ConfigError or UnknownNameError for a value that can select nothing."""
        if not 0 <= self.least_probability <= 1:
            raise ConfigError(f"A probability is between 0 and 1, not {self.least_probability:g}.")
        if min(self.shortest, self.longest, self.balance) < 0:
            raise ConfigError("Durations and minutes are not negative.")
        if self.longest and self.shortest > self.longest:
            raise ConfigError(f"No line is longer than {self.shortest:g} s and shorter than {self.longest:g} s.")
        for tier in self.tiers:
            if tier not in TIERS:
                raise UnknownNameError("tier", tier, TIERS)
        return self


@dataclass(frozen=True)
class Chooser:
    """A selection that knows the dataset: which lines the balance leaves out, and which split an episode is in."""

    selection: Selection
    characters: frozenset[str]
    splits: dict[str, str]
    over: frozenset[str]

    def reason(self, row: Row, split: str) -> str:
        """Return why a line stays out, "" where it goes in."""
        return next(self._reasons(row, split), "")

    def _reasons(self, row: Row, split: str) -> Iterator[str]:
        yield from _own_reasons(self.selection, self.characters, row, split)
        if self._repeats(row["duplicate_of"] or "", split):
            yield "repeats_another_split"
        if row["id"] in self.over:
            yield "over_the_balance"

    def _repeats(self, original: str, split: str) -> bool:
        return self.splits.get(original.rpartition("/")[0], split) != split

    def split_of(self, line: str) -> str:
        """Return the split of a line's episode, "" where the dataset has no such episode."""
        return self.splits.get(line.rpartition("/")[0], "")


def chooser(folder: Path, selection: Selection) -> Chooser:
    """Return what chooses the lines of a dataset; reads its numbers once, no audio.

    Raises InputError where an episode is in two splits, UnknownNameError or AmbiguousCharacterError for a character,
    UnknownNameError for a split.
    """
    selection.checked()
    splits: dict[str, str] = {}
    known: set[str] = set()
    for path in parquet_files(folder):
        for _, row in read_rows(path, ["episode", "series", "character"]):
            _one_split(splits, row["episode"], path)
            if row["character"]:
                known.add(str(CharacterId(row["series"], row["character"])))
    for split in selection.splits:
        if split not in splits.values():
            raise UnknownNameError("split", split, set(splits.values()))
    characters = frozenset(find_character(name, sorted(known)) for name in selection.characters)
    plain = Chooser(selection, characters, splits, frozenset())
    return plain if not selection.balance else Chooser(selection, characters, splits, frozenset(_over(folder, plain)))


def _one_split(splits: dict[str, str], episode: str, path: Path) -> None:
    split = path.parent.name
    if splits.setdefault(episode, split) != split:
        raise InputError(
            str(path),
            f"holds lines of {episode}, and so does {splits[episode]!r}: an episode in two splits leaks from one "
            "to the other; keep one of them",
        )


def _own_reasons(selection: Selection, characters: frozenset[str], row: Row, split: str) -> Iterator[str]:
    if selection.splits and split not in selection.splits:
        yield "other_split"
    who = str(CharacterId(row["series"], row["character"])) if row["character"] else ""
    if characters and who not in characters:
        yield "other_character"
    if selection.tiers and row["tier"] not in selection.tiers:
        yield "other_tier"
    if (row["probability"] or 0.0) < selection.least_probability:
        yield "unsure_name"
    if row["duration"] < selection.shortest:
        yield "too_short"
    if selection.longest and row["duration"] > selection.longest:
        yield "too_long"


def _over(folder: Path, plain: Chooser) -> Iterator[str]:
    """Yield the ids of the lines that go over the balance, of all that pass the other filters."""
    voices: dict[tuple[str, str, str], list[tuple[str, str, float]]] = defaultdict(list)
    for path in parquet_files(folder):
        split = path.parent.name
        for _, row in read_rows(path, NEEDED):
            if not plain.reason(row, split):
                voice = (split, row["series"], row["character"] or row["speaker"] or "")
                voices[voice].append((_lot(row["id"]), row["id"], row["duration"]))
    for lines in voices.values():
        yield from _past(sorted(lines), plain.selection.balance * 60)


def _past(lines: Iterable[tuple[str, str, float]], seconds: float) -> Iterator[str]:
    for _, line, duration in lines:
        if duration > seconds + 1e-9:
            yield line
        else:
            seconds -= duration


def _lot(line: str) -> str:
    """Return a line's place in the draw: by chance, and the same on every machine."""
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:16]
