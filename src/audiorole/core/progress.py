"""Progress with an ETA: rich on a terminal, plain lines in a log. Only the command line makes one that prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol


class Progress(Protocol):
    """What long work reports to."""

    def start(self, title: str, effort: Mapping[str, float]) -> None:
        """A new leg begins: task key → expected effort (any unit)."""

    def done(self, key: str, failures: Sequence[str]) -> None:
        """One task is finished, with the sentences of what failed in it."""


class Silent:
    """Reports nothing: the default of the library."""

    def start(self, title: str, effort: Mapping[str, float]) -> None:
        """Do nothing."""

    def done(self, key: str, failures: Sequence[str]) -> None:
        """Do nothing."""


class PlainProgress:
    """One line per finished task: `[dataset 3/18] show/s01e03 · 12 % · about 4 min left`."""

    def __init__(self, emit: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._emit, self._clock = emit, clock
        self._title, self._effort = "", {}  # type: str, dict[str, float]
        self._finished, self._done, self._started = 0, 0.0, 0.0

    def start(self, title: str, effort: Mapping[str, float]) -> None:
        """Begin counting a leg."""
        self._title, self._effort = title, dict(effort)
        self._finished, self._done, self._started = 0, 0.0, self._clock()

    def done(self, key: str, failures: Sequence[str]) -> None:
        """Print the line of one finished task."""
        self._finished += 1
        self._done += self._effort.get(key, 0.0)
        share = self._done / (sum(self._effort.values()) or 1.0)
        left = duration_text(eta(self._clock() - self._started, share))
        note = f" · failed: {'; '.join(failures)}" if failures else ""
        self._emit(f"[{self._title} {self._finished}/{len(self._effort)}] {key} · {share:.0%} · {left} left{note}")


def eta(elapsed: float, share: float) -> float:
    """Return the seconds left when `share` of the effort took `elapsed`; 0 when nothing is known yet."""
    return elapsed * (1.0 - share) / share if share > 0 else 0.0


def duration_text(seconds: float) -> str:
    """Return a duration for a person.

    >>> duration_text(42), duration_text(600), duration_text(7300)
    ('42 s', '10 min', '2 h 2 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
