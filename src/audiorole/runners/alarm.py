"""Work in this very process that hangs: nobody outside watches it, so a thread does, and ends it by a signal.

A thread of ours looks whether any other thread uses the CPU. Where none does for too long, the main thread gets a
signal, whose handler raises `StalledError` there, out of a read, a lock or a sleep; the stage is then quarantined as
for any other error. Code that waits inside a library of its own is ended when it comes back.
"""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TypeVar

from audiorole.errors import StalledError
from audiorole.runners.stalled import Watch, look

Given = TypeVar("Given")
Found = TypeVar("Found")

SIGNAL = getattr(signal, "SIGUSR1", None)


@dataclass
class Alarm:
    """Ends calls in which this process does nothing for `idle` seconds. look_seconds: between two looks."""

    idle: float
    look_seconds: float = 1.0
    _watch: Watch = field(init=False)
    _busy: bool = False

    def __post_init__(self) -> None:
        self._watch = Watch(os.getpid(), math.inf, self.idle, look=others)

    @contextmanager
    def set(self) -> Iterator[None]:
        """Watch while this lasts, in the main thread where the machine says what threads do; elsewhere do nothing."""
        if threading.current_thread() is not threading.main_thread() or SIGNAL is None or not others(0)[0]:
            yield
            return
        ended, before = threading.Event(), signal.signal(SIGNAL, self._raise)
        looker = threading.Thread(target=self._look, args=(ended,), daemon=True)
        looker.start()
        try:
            yield
        finally:
            ended.set()
            looker.join()
            signal.signal(SIGNAL, before)

    def call(self, function: Callable[[Given], Found], given: Given) -> Found:
        """Return `function(given)`. Raises `StalledError` inside it where nothing is done."""
        self._watch.begin()
        self._busy = True
        try:
            return function(given)
        finally:
            self._busy = False

    def _look(self, ended: threading.Event) -> None:
        main = threading.main_thread().ident or 0
        while not ended.wait(self.look_seconds):
            if self._busy and self._watch.problem():
                self._watch.begin()
                signal.pthread_kill(main, SIGNAL or 0)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if self._busy:
            raise StalledError(f"it did nothing for {self.idle:.0f} s")


def others(_: int) -> tuple[str, int]:
    """Return the state of the main thread, and the clock ticks of all threads but this one; ("", -1) where unknown."""
    mine, main = threading.get_native_id(), os.getpid()
    try:
        tasks = [int(path.name) for path in Path("/proc/self/task").iterdir()]
    except OSError:
        return "", -1
    found = {task: look(f"self/task/{task}") for task in tasks if task != mine}
    return found.get(main, ("S", 0))[0], sum(max(0, ticks) for _, ticks in found.values())
