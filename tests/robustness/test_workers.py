"""Memory that runs out is named, signals end a command as Ctrl-C does. (Stalled workers: tests/runners.)"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from audiorole.core.memory import out_of_memory
from audiorole.core.progress import Silent
from audiorole.pipeline.run import run_plan
from audiorole.runners.local import local_runner
from tests.pipeline import toy


def _limited(root: Path, text: str, workers: int, answer) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = max(used, 2 << 30) + (200 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    sources = toy.media(root, e1="1", e2=text)
    summary = run_plan(toy.line(root), sources, local_runner(workers), Silent())
    answer.put([(note.shard, note.error) for note in summary.quarantined])


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("text", ["eat", "swallow"])
def test_memory_that_runs_out_is_named(tmp_path, text, workers):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    child = context.Process(target=_limited, args=(tmp_path, text, workers, answer))
    child.start()
    ((shard, error),) = answer.get(timeout=60)
    child.join()
    assert shard == "show/e2"
    assert "ran out of memory (its limit is" in error


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (MemoryError(), True),
        (RuntimeError("std::bad_alloc"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (RuntimeError("[ONNXRuntimeError] : Failed to allocate memory for requested buffer"), True),
        (IndexError("index 0 is out of bounds"), False),
        (ValueError("bad"), False),
    ],
)
def test_what_libraries_say_of_it(error, named):
    assert bool(out_of_memory(error)) == named


def test_a_cause_is_found_behind_another_error():
    error = IndexError("index 0 is out of bounds")
    error.__context__ = MemoryError()
    assert "ran out of memory" in out_of_memory(error)


WAITING = """
import audiorole.cli.main as command, signal, sys, time
if "ignore" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
def wait(standalone_mode):
    print("ready", flush=True)
    time.sleep(3 if "ignore" in sys.argv else 60)
command.cli.main = wait
command.main()
"""


def _hear_signals() -> None:
    """A command in the background of a script, or under nohup, ignores some of them from its first moment on."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (signal.SIGTERM, [], 143),
        (signal.SIGHUP, [], 129),
        (signal.SIGINT, [], 130),
        (signal.SIGHUP, ["ignore"], 0),
    ],
)
def test_signals_end_a_command_as_ctrl_c_does(number, words, code):
    command = [sys.executable, "-c", WAITING, *words]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}, preexec_fn=_hear_signals
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    child.send_signal(number)
    _, said = child.communicate(timeout=30)
    assert child.returncode == code
    assert ("What was finished is kept" in said) == (code != 0)
    assert "Traceback" not in said
