"""Every way in which some work can be broken into, tried from where the work is: nothing before the break is repeated.

The work goes on in a process of its own, the walker. Before each call that changes the disk the walker stops, what it
works on is copied, and a fork of the walker breaks there, on the copy; the files that it has open are opened again in
the copy. Then the work is done again by a fork of the process that began, which knows nothing of the walker. Linux.
"""

from __future__ import annotations

import copy
import fcntl
import os
import pickle
import select
import shutil
import signal
import subprocess
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import AudioroleError
from tests.robustness.faults import DEAD, Call, FaultyDisk, can_break

MODES = ("fail", "full", "cut")
WALKS = "walk"
EXPECTED = (0, 3, DEAD)
"""All well, a sentence of ours, or cut."""

TOLD_EVERY = 100
"""Breaks between two words on how far a walk is."""

LONGEST = 300.0
"""Seconds after which a process that broke or resumed counts as hanging."""


@dataclass(frozen=True)
class Act:
    """Work that is broken into.

    here: the folder of all that it touches; out: where calls break. problems: what is wrong right after a break, given
    how the process ended; resumed: what is wrong after the work was done again.
    """

    name: str
    here: Path
    out: Path
    work: Callable[[], None]
    problems: Callable[[int], list[str]]
    resumed: Callable[[], list[str]]


@dataclass
class Walked:
    """What a walk found. points: the calls in order; known: cuts that left what the one before left, not repeated."""

    points: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    known: int = 0
    wrong: list[str] = field(default_factory=list)


def walk(act: Act, every: int = 1, first: int = 0, said: Callable[[str], None] = lambda text: None) -> Walked:
    """Break each n-th call of the work in each way; at the end there lies in `act.here` what lay there at first."""
    begun = act.here.with_name(f"{act.here.name}-begun")
    copy_tree(act.here, begun)
    found, (ours, theirs) = Walked(), Pipe()
    walker = os.fork()
    if walker == 0:
        ours.close()
        _end(lambda: _walk(act, every, first, theirs))
    theirs.close()
    with suppress(EOFError):
        while True:
            kind, number, name, ended = ours.recv()
            if kind == "point":
                found.points.append(name)
            elif kind == "known":
                found.known += 1
            else:
                found.tried[kind] += 1
                if not sum(found.tried.values()) % TOLD_EVERY:
                    said(f"{act.name}: {sum(found.tried.values())} breaks, at point {number}")
                if wrong := _judged(act, ended):
                    found.wrong.append(f"{act.name}: {kind} at {number} ({name}): {wrong}")
                    said(found.wrong[-1])
            ours.send(None)
    if code := ended_within(walker, LONGEST):
        found.wrong.append(f"{act.name}: the undisturbed work ended with {code}")
    shutil.rmtree(act.here)
    begun.rename(act.here)
    return found


def _judged(act: Act, ended: int) -> list[str]:
    """Return what is wrong after a break, and after the work was done again."""
    found = [] if ended in EXPECTED else [f"the process ended with {ended}"]
    found += act.problems(ended)
    again = in_child(act.work)
    return [*found, *([f"resuming ended with {again}"] if again else []), *act.resumed()]


def _walk(act: Act, every: int, first: int, asked: Connection) -> None:
    disk = _WalkingDisk(act, every, first, asked)
    with pytest.MonkeyPatch.context() as patch:
        disk.install(patch)
        act.work()


class _WalkingDisk(FaultyDisk):
    """Stops before each call and lets forks break there."""

    def __init__(self, act: Act, every: int, first: int, asked: Connection) -> None:
        super().__init__(act.out, mode=WALKS)
        self.act, self.every, self.first, self.asked = act, every, first, asked
        self.cut_before: object = None

    def before(self, number: int, name: str, call: Call) -> None:
        """Tell of the call, and branch off a fork for each way to break it; a fork comes back in that mode."""
        if self.mode != WALKS:
            return
        self.counts = False
        self._tell("point", number, name, 0)
        for mode in MODES if number % self.every == self.first else ():
            if self.mode == WALKS and can_break(mode, name, call) and not self._is_known(mode, number, name):
                self._branch(mode, number, name)
        self.counts = True

    def _is_known(self, mode: str, number: int, name: str) -> bool:
        """Return whether a cut here leaves what the last one left: calls that changed nothing came between."""
        if mode != "cut" or name == "write":
            return False
        state = tree_state(self.act.here)
        if known := state == self.cut_before:
            self._tell("known", number, name, 0)
        self.cut_before = state
        return known

    def _branch(self, mode: str, number: int, name: str) -> None:
        aside = self.act.here.with_name(f"{self.act.here.name}-aside")
        self.act.here.rename(aside)
        copy_tree(aside, self.act.here)
        child = os.fork()
        if child == 0:
            move_open_files(aside, self.act.here)
            self.at, self.mode = number, mode
            return
        self._tell(mode, number, name, ended_within(child, LONGEST))
        shutil.rmtree(self.act.here)
        aside.rename(self.act.here)

    def _tell(self, kind: str, number: int, name: str, ended: int) -> None:
        self.asked.send((kind, number, name, ended))
        self.asked.recv()


class Remembered:
    """A function without effects that gives what it gave before for the same arguments; forks have what came before.

    Thousands of forks do the same work: what they compute is not what is looked at, and only what they write counts.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.known: dict[bytes, Any] = {}

    def __call__(self, *given: Any, **named: Any) -> Any:
        key = pickle.dumps((given, sorted(named.items())))
        if key not in self.known:
            self.known[key] = self.function(*given, **named)
        return copy.deepcopy(self.known[key])


def tree_state(root: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of everything below a folder; of a folder the name alone."""
    found = []
    for here, folders, files in os.walk(root):
        found += [(f"{here}/{name}/", 0, 0) for name in folders]
        stats = ((f"{here}/{name}", os.lstat(f"{here}/{name}")) for name in files)
        found += [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return sorted(found)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder as it is: links, times and all."""
    subprocess.run(["cp", "-a", source, target], check=True)


def move_open_files(source: Path, target: Path) -> None:
    """Let what this process has open below `source` be the same files below `target`, locks included."""
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError, ValueError):
            path, number = target / link.readlink().relative_to(source), int(link.name)
            flags = fcntl.fcntl(number, fcntl.F_GETFL) & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC)
            opened = os.open(path, flags | os.O_CLOEXEC)
            if path.is_file():
                os.lseek(opened, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
            os.dup2(opened, number)
            os.close(opened)
            if path.name.endswith("lock"):
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def in_child(do: Callable[[], None]) -> int:
    """Run `do` in a forked process; return 0, 3 where it ended with an error that a user reads, or how it died."""
    child = os.fork()
    if child == 0:
        _end(do)
    return ended_within(child, LONGEST)


def _end(do: Callable[[], None]) -> None:
    """Run `do` and end this process, whatever comes of it."""
    code = 1
    try:
        do()
        code = 0
    except (AudioroleError, OSError):
        code = 3
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended_within(child: int, seconds: float) -> int:
    """Return how a child of this process ended; one that has not ended in time is killed."""
    descriptor = os.pidfd_open(child)
    if not select.select([descriptor], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
