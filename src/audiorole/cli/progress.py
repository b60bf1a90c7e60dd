"""Progress for people: a bar with ETA on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from audiorole.core.progress import PlainProgress, Progress


class RichProgress:
    """One bar per leg, weighted by the size of the episodes; failures are printed above it."""

    def __init__(self) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
        )
        self._bar.start()
        self._task: TaskID | None = None
        self._effort: dict[str, float] = {}

    def start(self, title: str, effort: Mapping[str, float]) -> None:
        """Begin the bar of a leg."""
        self._effort = dict(effort)
        self._task = self._bar.add_task(title, total=sum(effort.values()) or 1.0)

    def done(self, key: str, failures: Sequence[str]) -> None:
        """Move the bar on."""
        assert self._task is not None
        self._bar.advance(self._task, self._effort.get(key, 0.0))
        for failure in failures:
            self._bar.console.print(f"quarantined {key}: {failure}", markup=False, highlight=False)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()


def command_line_progress() -> Progress:
    """Return a bar on a terminal, lines elsewhere."""
    if sys.stderr.isatty():
        return RichProgress()
    return PlainProgress(lambda text: click.echo(text, err=True))
