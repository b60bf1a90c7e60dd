"""A system in a process of its own, with its own environment: one JSON line in, one JSON line out.

    → {"id": "…", "turns": [{"character", "text", "audio": <base64 WAV>}], "character", "language", "seed",
       "reference_audio": <base64 WAV> | null}
    ← {"id": "…", "audio": <base64 WAV> | null, "text": "…" | null, "first_audio": seconds | null, "error": "…"?}

Before the first request the worker prints {"ready": true, "sample_rate": 24000}. What it writes to stderr is kept for
the error message. A worker that dies or goes over its time is started again for the next item; the item is an error.
"""

from __future__ import annotations

import base64
import contextlib
import queue
import shlex
import shutil
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from audiorole.errors import AudioroleError, ConfigError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.function import turns_as_data
from audiorole.evaluation.systems.sound import from_wav_bytes, wav_base64

START_SECONDS = 900.0
"""Loading 9 B parameters from a slow disk takes minutes."""
REPLY_SECONDS = 300.0
FALSE_STARTS = 3
"""A worker that ends so often before it is ready is not started for the items that are left."""
STDERR_LINES = 20
LAST_WORDS_SECONDS = 2.0


class WorkerError(AudioroleError):
    """A worker died, went over its time or answered nonsense."""


class WorkerSystem:
    """`worker@path/to/worker.py`, or any command line: `worker@/envs/minicpm/bin/python worker.py --device cuda`."""

    def __init__(self, location: str | None = None, reply_seconds: float = REPLY_SECONDS) -> None:
        if not location:
            raise ConfigError("System 'worker' wants a command: worker@path/to/worker.py.")
        self.command = _command(location)
        self.reply_seconds = reply_seconds
        self.sample_rate = 0
        self._process: _Process | None = None
        self._false_starts: list[str] = []

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where there is no such program."""
        program = cls(location).command[0]
        if shutil.which(program) is None:
            raise ConfigError(f"The worker {program!r} is no program on this machine.")

    def respond(self, prompt: Prompt) -> Reply:
        """Send the prompt and wait for the answer. Raises WorkerError, NoReplyError."""
        process = self._running()
        try:
            answer = process.ask(request_data(prompt), self.reply_seconds)
        except WorkerError:
            self.close()
            raise
        return reply_from_data(answer)

    def close(self) -> None:
        """End the worker."""
        if self._process:
            self._process.stop()
            self._process = None

    def _running(self) -> _Process:
        if self._process is None:
            self._process = self._start()
        return self._process

    def _start(self) -> _Process:
        """Start the worker and wait until it is ready; one that never was is not tried for every item."""
        if len(self._false_starts) >= FALSE_STARTS:
            raise WorkerError(f"the worker was not ready at {FALSE_STARTS} starts in a row: {self._false_starts[-1]}")
        process = _Process(self.command)
        try:
            self.sample_rate = int(process.read(START_SECONDS).get("sample_rate", 0))
        except WorkerError as error:
            self._false_starts.append(str(error))
            process.stop()
            raise
        self._false_starts.clear()
        return process


class _Process:
    """The pipes of one worker; a thread reads each, so that neither can block us."""

    def __init__(self, command: list[str]) -> None:
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            raise ConfigError(f"The worker {shlex.join(command)!r} cannot be started: {error}.") from error
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self.complaints: deque[str] = deque(maxlen=STDERR_LINES)
        self.threads = [
            threading.Thread(target=target, daemon=True) for target in (self._read_answers, self._read_complaints)
        ]
        for thread in self.threads:
            thread.start()

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self.process.stdin
        try:
            self.process.stdin.write(msgspec.json.encode(request) + b"\n")
        except OSError as error:
            raise WorkerError(f"the worker is gone: {self._last_words(ended=True)}") from error
        answer = self.read(seconds)
        if answer.get("id") != request["id"]:
            raise WorkerError(f"the worker answered {answer.get('id')!r} to {request['id']!r}")
        return answer

    def read(self, seconds: float) -> dict[str, Any]:
        """Return the next JSON line; other lines (a library's chatter on stdout) are kept as complaints."""
        while True:
            try:
                line = self.lines.get(timeout=seconds)
            except queue.Empty:
                raise WorkerError(f"no answer within {seconds:.0f} s: {self._last_words()}") from None
            if line is None:
                raise WorkerError(f"the worker ended: {self._last_words(ended=True)}")
            with contextlib.suppress(msgspec.DecodeError):
                return msgspec.json.decode(line, type=dict[str, Any])
            self.complaints.append(line.decode("utf-8", "replace").rstrip())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def _read_answers(self) -> None:
        assert self.process.stdout
        with contextlib.suppress(ValueError):  # the pipe was closed under us
            for line in iter(self.process.stdout.readline, b""):
                self.lines.put(line)
        self.lines.put(None)

    def _read_complaints(self) -> None:
        assert self.process.stderr
        with contextlib.suppress(ValueError):
            for line in iter(self.process.stderr.readline, b""):
                self.complaints.append(line.decode("utf-8", "replace").rstrip())

    def _last_words(self, ended: bool = False) -> str:
        if ended:  # its answers may be read to the end before its complaints are
            self.threads[1].join(LAST_WORDS_SECONDS)
        return " | ".join(list(self.complaints)[-3:]) or "it said nothing on stderr"


def request_data(prompt: Prompt) -> dict[str, Any]:
    """Return the prompt as the JSON that workers and HTTP systems get."""
    turns = [{**turn, "audio": wav_base64(turn["audio"], turn["sample_rate"])} for turn in turns_as_data(prompt)]
    reference = prompt.reference_audio
    return {
        "id": f"{prompt.item}#{prompt.seed}",
        "turns": turns,
        "character": prompt.character,
        "language": prompt.language,
        "seed": prompt.seed,
        "reference_audio": wav_base64(reference, 16_000) if reference is not None else None,
    }


def reply_from_data(answer: dict[str, Any]) -> Reply:
    """Return the reply in an answer's JSON. Raises WorkerError for its `error`, NoReplyError for no audio."""
    if answer.get("error"):
        raise WorkerError(str(answer["error"]))
    if not answer.get("audio"):
        raise NoReplyError("the answer holds no audio")
    try:
        audio, rate = from_wav_bytes(base64.b64decode(answer["audio"], validate=True))
    except ValueError as error:
        raise WorkerError(f"the answer's audio cannot be read: {error}") from error
    return Reply(audio, rate, answer.get("text"), answer.get("first_audio"))


def _command(location: str) -> list[str]:
    if Path(location).suffix == ".py" and Path(location).is_file():
        return [sys.executable, location]
    return shlex.split(location)
