"""Kill a command at random moments, start it again until it ends, and compare what it leaves: for other benchmarks."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Process = subprocess.Popen[bytes]
Seen = TypeVar("Seen")

ALONE_EVERY = 3
"""Every so often only the process that the user sees is killed, and its workers have to notice by themselves."""


def start_quietly(command: Sequence[str], environment: dict[str, str] | None = None) -> Process:
    """Start a command in a process group of its own, its output thrown away."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True, env=environment)


def hunted(
    start: Callable[[], Process],
    seen: Callable[[], Seen],
    chance: random.Random,
    longest: float,
    most: int,
    fine: Sequence[int] = (0,),
) -> Iterator[Seen]:
    """Start a command over up to `most` kills; yield what `seen` tells right after each, and return once it ended.

    longest: seconds after which a kill comes at the latest; fine: exit codes of a run that is whole, else SystemExit.
    """
    for number in range(most + 1):
        process = start()
        try:
            process.wait(chance.uniform(0, longest) if number < most else None)
        except subprocess.TimeoutExpired:
            kill(process, alone=number % ALONE_EVERY == ALONE_EVERY - 1)
            yield seen()
            continue
        if process.returncode not in fine:
            raise SystemExit(f"a run that was killed {number} times ended with {process.returncode}")
        return


def kill(process: Process, alone: bool) -> None:
    """Kill a process with SIGKILL, with its whole group or `alone`."""
    if alone:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Return the names that are not in both with the same digest."""
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
