"""A child process that is talked to in lines, and that cannot hold its parent up, whatever it does.

One clock runs over writing and reading together. Pipes never block: what the child wants to say on stderr is read while
it is asked, in blocks, and only the end of it is kept. The child leads a process group of its own, and whatever it
started is ended with it, also what left the group (found by a mark in its environment, where /proc tells).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from audiorole.errors import AudioroleError, ConfigError

BLOCK = 1 << 16
LONGEST_LINE = 1 << 26
"""Bytes of one line: sixteen minutes of 24 kHz speech as base64, and more than any reply needs."""
MOST_IN_A_PIPE = 1 << 20
KEPT_COMPLAINTS = 4096
"""Bytes of stderr (and of chatter on stdout) that are kept for the error message, the last ones."""
TOLD_LINES = 3
LAST_WORDS_SECONDS = 2.0
END_SECONDS = 5.0
"""Time that a killed process gets to be gone; one that hangs in the kernel longer is left behind."""
MARK = "AUDIOROLE_CHILD"
ROUNDS = 20
"""Looks for what a child started; each finds less, unless it starts processes faster than they are ended."""


class ChildError(AudioroleError):
    """A child process ended, went over its time or sent a line without an end."""


class Child:
    """One process and its three pipes. Raises ConfigError where the command cannot be started."""

    def __init__(self, command: list[str]) -> None:
        self.mark = secrets.token_hex(16)
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, MARK: self.mark},
            )
        except (OSError, ValueError) as error:
            raise ConfigError(f"The worker {shlex.join(command)!r} cannot be started: {error}.") from error
        self._unsent, self._received, self._searched = memoryview(b""), bytearray(), 0
        self._complaints = bytearray()
        self._selector = selectors.DefaultSelector()
        self._open: set[Any] = set()
        self._life = _life_of(self.process.pid)
        if self._life is not None:
            self._selector.register(self._life, selectors.EVENT_READ)
        for pipe in (self.process.stdout, self.process.stderr):
            self._watch(pipe, selectors.EVENT_READ)
        assert self.process.stdin
        os.set_blocking(self.process.stdin.fileno(), False)

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself. It is not waited for, so its number stays its own."""
        if not hasattr(os, "waitid"):
            return False
        state = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None

    def send(self, line: bytes) -> None:
        """Queue `line`; it is written while the answer is waited for."""
        if self.process.stdin not in self._open:
            self._watch(self.process.stdin, selectors.EVENT_WRITE)
        self._unsent = memoryview(bytes(self._unsent) + line)

    def lines(self, seconds: float) -> Iterator[bytes]:
        """Yield lines of stdout as they come, without their ends. Raises ChildError after `seconds`, or at the end."""
        deadline = time.monotonic() + seconds
        while True:
            if time.monotonic() >= deadline:
                raise ChildError(f"no answer within {seconds:g} s: {self.last_words()}")
            if (line := self._line()) is not None:
                yield line
            elif self.process.stdout not in self._open:
                raise ChildError(f"the worker ended: {self._dying_words(deadline)}")
            else:
                self._turn(deadline)

    def complain(self, line: bytes) -> None:
        """Keep a line for the error message."""
        self._complaints += line[-KEPT_COMPLAINTS:] + b"\n"
        del self._complaints[:-KEPT_COMPLAINTS]

    def last_words(self) -> str:
        """Return the last lines that are no answers, on one line."""
        told = self._complaints.decode("utf-8", "replace").splitlines()
        return " | ".join([line.strip() for line in told if line.strip()][-TOLD_LINES:]) or "it said nothing on stderr"

    def stop(self) -> None:
        """End the process, its group and whatever else it started."""
        if self.process.returncode is not None:
            return  # its number may be another process's by now
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        _kill_marked(self.mark)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_SECONDS)
        self._selector.close()
        self._open.clear()
        if self._life is not None:
            os.close(self._life)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def _watch(self, pipe: IO[bytes] | None, event: int) -> None:
        assert pipe
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, event)
        self._open.add(pipe)

    def _unwatch(self, pipe: Any) -> None:
        self._selector.unregister(pipe)
        self._open.discard(pipe)

    def _turn(self, deadline: float) -> None:
        """Wait until a pipe is ready, and read or write a block."""
        for key, _ in self._selector.select(max(0.0, deadline - time.monotonic())):
            if key.fileobj is self.process.stdin:
                self._write()
            elif key.fileobj == self._life:
                self._read_the_rest()
            else:
                self._read(key.fileobj)

    def _write(self) -> None:
        try:
            written = os.write(self.process.stdin.fileno(), self._unsent[:BLOCK])  # type: ignore[union-attr]
            self._unsent = self._unsent[written:]
        except BlockingIOError:
            return
        except OSError:  # it reads no more; what it still says tells why
            self._unsent = self._unsent[:0]
        if not self._unsent:
            self._unwatch(self.process.stdin)

    def _read(self, pipe: Any) -> None:
        try:
            block = os.read(pipe.fileno(), BLOCK)
        except BlockingIOError:
            return
        if not block and pipe in self._open:
            self._unwatch(pipe)
        elif pipe is self.process.stderr:
            self._complaints += block
            del self._complaints[:-KEPT_COMPLAINTS]
        else:
            self._received += block

    def _read_the_rest(self) -> None:
        """Read what the ended process left in its pipes, and no more: something else may hold them open."""
        for pipe in self._open - {self.process.stdin}:
            for _ in range(MOST_IN_A_PIPE // BLOCK):
                self._read(pipe)
        for pipe in list(self._open):
            self._unwatch(pipe)
        self._selector.unregister(self._life)  # type: ignore[arg-type]

    def _line(self) -> bytes | None:
        """Return the next whole line that was received. Raises ChildError for one that has no end."""
        end = self._received.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._received)
            if self._searched > LONGEST_LINE:
                raise ChildError(f"a line of more than {LONGEST_LINE:,} bytes: {self.last_words()}")
            return None
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._searched = 0
        return line

    def _dying_words(self, deadline: float) -> str:
        """Return the last words, with what is still on its way on stderr."""
        until = min(deadline, time.monotonic() + LAST_WORDS_SECONDS)
        while self.process.stderr in self._open and time.monotonic() < until:
            self._turn(until)
        return self.last_words()


def _life_of(process: int) -> int | None:
    """Return a handle that can be read once the process has ended; None on systems that have no such thing."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def _kill_marked(mark: str) -> None:
    """Kill every process that carries `mark`, also what one of them starts meanwhile."""
    for _ in range(ROUNDS):
        found = _marked(mark)
        if not found:
            return
        for process in found:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    """Return the processes that carry `mark` in their environment; none where there is no /proc."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
