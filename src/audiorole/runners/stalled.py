"""Whether a worker still works: a stopped or hanging process uses no time of the CPU.

Linux tells of other processes in `/proc`; elsewhere a worker that stalls is not told from one that works.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STOPPED = frozenset("Tt")
BUSY = frozenset({"", "D", "R"})
"""Nobody says; waiting for a disk; working, or waiting for its turn on a busy machine."""


@dataclass
class Watch:
    """Looks at a process again and again. stopped, idle: the seconds that are allowed, as in `ProcessPool`.

    noise: share of a core's time that counts as nothing: what threads use that do no work. look: gives state and ticks.
    """

    pid: int
    stopped: float
    idle: float
    noise: float = 0.0
    look: Callable[[int], tuple[str, int]] = field(default=lambda pid: look(pid))
    _ticks: int = -1
    _looked: float = 0.0
    _stopped_for: float = 0.0
    _idle_for: float = 0.0

    def begin(self) -> None:
        """Count from now on."""
        self._ticks, self._looked = -1, time.monotonic()
        self._stopped_for = self._idle_for = 0.0

    def problem(self) -> str:
        """Return why the process counts as lost, "" while it works."""
        (state, ticks), passed = self.look(self.pid), self._passed()
        self._stopped_for = self._stopped_for + passed if state in STOPPED else 0.0
        used = (ticks - self._ticks) / TICKS
        works = self._ticks < 0 or used > self.noise * passed or state in BUSY
        self._idle_for, self._ticks = 0.0 if works else self._idle_for + passed, ticks
        if self._stopped_for > self.stopped:
            return f"it was stopped for {self._stopped_for:.0f} s"
        if self._idle_for > self.idle:
            return f"it did nothing for {self._idle_for:.0f} s"
        return ""

    def _passed(self) -> float:
        """Return the seconds since the last look; while we were stopped ourselves, no time passed."""
        before, self._looked = self._looked, time.monotonic()
        return min(self._looked - before, LONGEST_BREAK)


TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
"""Clock ticks of a second of work."""

LONGEST_BREAK = 3.0
"""Seconds between two looks beyond which we did not run ourselves."""


def look(pid: int | str) -> tuple[str, int]:
    """Return the state of a process (R, S, D, T, …) and the clock ticks it has used; ("", -1) where nobody says."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "", -1
    fields = text.rpartition(")")[2].split()
    return fields[0], sum(int(value) for value in fields[11:15])
