"""A dataset in another form: the one way into every format of `published.formats`.

A format is a function `write(export, folder)`. It takes the lines from the `Export` one after the other or by episode,
says which ones it cannot use, and writes into the folder, which is there and empty.

    FOLDER                          what was asked for: appears in one step, whole
    FOLDER/export.json              the format, the filters, what was left out and why
    .FOLDER.audiorole-partial/      the same while it is made; a run that was killed leaves it, and the next clears it
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from audiorole.core.disk import TEMPORARY, sync_folder, write_atomic
from audiorole.core.out_folder import LOCK, STAMP, claim, is_ours, locked
from audiorole.errors import ConfigError, InputError
from audiorole.published.file_stems import file_stems
from audiorole.published.formats import FORMATS
from audiorole.published.lines import PublishedEpisode, PublishedLine, published_episodes
from audiorole.published.selection import Chooser, Selection, chooser
from audiorole.types.record import Record

REPORT = "export.json"


class ExportReport(Record, frozen=True):
    """What an export holds. lines = kept + the sum of dropped; dropped: reason → lines; notes: for a person."""

    format: str
    selection: Selection
    lines: int
    kept: int
    dropped: dict[str, int]
    notes: tuple[str, ...] = ()


@dataclass
class Export:
    """The lines that a format writes, and what it says about them.

    Iterate for the chosen lines in order; `episodes` gives them with the lines around them. named: whether lines that
    nobody is named for are dropped as `no_character`.
    """

    folder: Path
    chooser: Chooser
    named: bool = False
    _dropped: dict[str, str] = field(default_factory=dict)
    _notes: Counter[str] = field(default_factory=Counter)
    _lines: int = 0

    def __iter__(self) -> Iterator[PublishedLine]:
        """Yield the chosen lines, split after split, in the order of their ids."""
        for _, lines in self.episodes():
            yield from lines

    def episodes(self) -> Iterator[tuple[PublishedEpisode, tuple[PublishedLine, ...]]]:
        """Yield each episode with those of its lines that were chosen; an episode without any is left out."""
        self._dropped.clear()
        self._notes.clear()
        self._lines = 0
        for episode in published_episodes(self.folder, file_stems(self.chooser.splits)):
            self._lines += len(episode.lines)
            reasons = {line.id: self._reason(line) for line in episode.lines}
            self._dropped.update((line, reason) for line, reason in reasons.items() if reason)
            if chosen := tuple(line for line in episode.lines if not reasons[line.id]):
                yield episode, chosen

    def _reason(self, line: PublishedLine) -> str:
        reason = self.chooser.reason(line.values, line.split)
        return reason or ("no_character" if self.named and not line.character else "")

    def drop(self, line: PublishedLine, reason: str) -> None:
        """Say that the format cannot use a chosen line. reason: a name such as `no_word_times`."""
        self._dropped[line.id] = reason

    def note(self, sentence: str) -> None:
        """Say something that holds of one more line: the report counts how often each sentence was said."""
        self._notes[sentence] += 1

    def report(self, name: str) -> ExportReport:
        """Return what went in and what did not, once everything is written."""
        dropped = dict(sorted(Counter(self._dropped.values()).items()))
        notes = tuple(f"{count:,} lines: {sentence}" for sentence, count in sorted(self._notes.items()))
        kept = self._lines - len(self._dropped)
        return ExportReport(name, self.chooser.selection, self._lines, kept, dropped, notes)


def export_lines(source: Path, name: str, folder: Path, selection: Selection | None = None) -> ExportReport:
    """Write the dataset of a build or dataset folder in the format `name` as the new folder `folder`.

    Raises UnknownNameError for a format, InputError for the folders, ConfigError where the filters leave nothing.
    """
    write = FORMATS.load(name)
    if os.path.lexists(folder):
        raise InputError(str(folder), "is already there; remove it, or choose another --out")
    export = Export(source, chooser(source, selection or Selection()))
    partial = folder.with_name(f".{folder.name}{TEMPORARY}")
    claim(partial)
    with locked(partial, "export"):
        _clear(partial)
        made = partial / folder.name
        made.mkdir()
        try:
            write(export, made)
            report = export.report(name)
            if not report.kept:
                raise ConfigError(f"No line is left: {reasons_sentence(report)}.")
            write_atomic(made / REPORT, msgspec.json.format(msgspec.json.encode(report, order="deterministic")) + b"\n")
            made.rename(folder)
        finally:
            _remove(partial)
    sync_folder(folder.parent)
    return report


def reasons_sentence(report: ExportReport) -> str:
    """Return what was kept and dropped, for a person."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.dropped.items())
    return f"{report.kept:,} of {report.lines:,} lines kept" + (f"; left out: {reasons}" if reasons else "")


def _clear(partial: Path) -> None:
    """Remove what a killed run left in a folder that carries our stamp."""
    for path in partial.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)


def _remove(partial: Path) -> None:
    if is_ours(partial):
        _clear(partial)
        for name in (STAMP, LOCK):
            (partial / name).unlink(missing_ok=True)
        if not any(partial.iterdir()):
            partial.rmdir()
