"""A system in a process of its own, with its own environment: one JSON line in, one JSON line out.

    → {"id": "…", "turns": [{"character", "text", "audio": <base64 WAV>}], "character", "language", "seed",
       "reference_audio": <base64 WAV> | null}
    ← {"id": "…", "audio": <base64 WAV> | null, "text": "…" | null, "first_audio": seconds | null, "error": "…"?}

Before the first request the worker prints {"ready": true, "sample_rate": 24000}. Other lines on stdout are chatter;
they and the end of stderr are kept for the error message. A worker that dies or goes over its time is started again for
the next item; the item is an error. One that goes over its time again and again is not asked any more.
"""

from __future__ import annotations

import base64
import reprlib
import shlex
import shutil
import sys
import time
from pathlib import Path

import msgspec

from audiorole.errors import AudioroleError, ConfigError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.border import BadReplyError, checked, json_object, whole_rate
from audiorole.evaluation.systems.child import Child, ChildError
from audiorole.evaluation.systems.function import turns_as_data
from audiorole.evaluation.systems.sound import from_wav_bytes, wav_base64
from audiorole.types.plain import JsonObject

START_SECONDS = 900.0
"""Loading 9 B parameters from a slow disk takes minutes."""
REPLY_SECONDS = 300.0
FALSE_STARTS = 3
"""A worker that ends so often before it is ready is not started for the items that are left."""
OVERDUE = 3
"""A worker that goes over its time so often in a row hangs: the items that are left are errors at once."""


LONGEST_ERROR = 500


class WorkerError(AudioroleError):
    """A worker died, went over its time or answered nonsense."""


class WorkerSystem:
    """`worker@path/to/worker.py`, or any command line: `worker@/envs/minicpm/bin/python worker.py --device cuda`."""

    def __init__(
        self, location: str | None = None, reply_seconds: float = REPLY_SECONDS, start_seconds: float = START_SECONDS
    ) -> None:
        if not location:
            raise ConfigError("System 'worker' wants a command: worker@path/to/worker.py.")
        self.command = _command(location)
        self.reply_seconds, self.start_seconds = reply_seconds, start_seconds
        self.sample_rate = 0
        self._child: Child | None = None
        self._false_starts: list[str] = []
        self._overdue: list[str] = []
        self._answered = ""

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where there is no such program."""
        program = cls(location).command[0]
        if shutil.which(program) is None:
            raise ConfigError(f"The worker {program!r} is no program on this machine.")

    def respond(self, prompt: Prompt) -> Reply:
        """Send the prompt and wait for the answer. Raises WorkerError, BadReplyError, NoReplyError."""
        if len(self._overdue) >= OVERDUE:
            raise WorkerError(f"not asked: {OVERDUE} answers in a row were overdue, {self._overdue[-1]}")
        request = request_data(prompt)
        child, begun = self._running(), time.monotonic()
        try:
            answer = self._ask(child, request)
        except (ChildError, WorkerError) as error:
            self.close()
            late = time.monotonic() - begun >= self.reply_seconds
            self._overdue = [*self._overdue, str(error)] if late else []
            raise WorkerError(str(error)) from error
        self._overdue.clear()
        self._answered = str(request["id"])
        return reply_from_data(answer)

    def close(self) -> None:
        """End the worker."""
        if self._child:
            self._child.stop()
            self._child = None

    def _running(self) -> Child:
        if self._child is not None and self._child.ended:  # after its last answer: nobody is to blame for this item
            self.close()
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> Child:
        """Start the worker and wait until it is ready; one that never was is not tried for every item."""
        if len(self._false_starts) >= FALSE_STARTS:
            raise WorkerError(f"the worker was not ready at {FALSE_STARTS} starts in a row: {self._false_starts[-1]}")
        child = Child(self.command)
        try:
            self.sample_rate = self._ready(child)
        except (ChildError, WorkerError) as error:
            self._false_starts.append(str(error))
            child.stop()
            raise WorkerError(str(error)) from error
        except BaseException:
            child.stop()
            raise
        self._false_starts.clear()
        return child

    def _ready(self, child: Child) -> int:
        """Wait until the worker says that it is ready; return its sample rate, 0 where it differs or is not told."""
        for line in child.lines(self.start_seconds):
            told = json_object(line) or {}
            if told.keys() & {"ready", "sample_rate"}:
                try:
                    return whole_rate(told["sample_rate"]) if told.get("sample_rate") else 0
                except BadReplyError as error:
                    raise WorkerError(f"when the worker was ready, {error}") from error
            child.complain(line)
        raise AssertionError("lines end with an error")

    def _ask(self, child: Child, request: JsonObject) -> JsonObject:
        """Return the answer to `request`. What is no answer is chatter, and so is a second answer to the last one."""
        child.send(msgspec.json.encode(request) + b"\n")
        for line in child.lines(self.reply_seconds):
            answer = json_object(line) or {}
            if answer.get("id") == request["id"]:
                return answer
            if "id" in answer and answer["id"] != self._answered:
                raise WorkerError(f"the worker answered {reprlib.repr(answer['id'])} to {request['id']!r}")
            child.complain(line)
        raise AssertionError("lines end with an error")


def request_data(prompt: Prompt) -> JsonObject:
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


def reply_from_data(answer: JsonObject) -> Reply:
    """Return the reply in an answer's JSON.

    Raises WorkerError for its `error`, NoReplyError for no audio, BadReplyError for what is no reply.
    """
    if answer.get("error"):
        raise WorkerError(str(answer["error"])[:LONGEST_ERROR])
    audio = answer.get("audio")
    if not audio:
        raise NoReplyError("the answer holds no audio")
    if not isinstance(audio, str):
        raise BadReplyError(f"the answer's audio is of type {type(audio).__name__}; wanted a WAV file as base64 text")
    try:
        samples, rate = from_wav_bytes(base64.b64decode(audio, validate=True))
    except ValueError as error:
        raise BadReplyError(f"the answer's audio cannot be read: {error}") from error
    return checked(Reply(samples, rate, answer.get("text"), answer.get("first_audio")))


def _command(location: str) -> list[str]:
    if Path(location).suffix == ".py" and Path(location).is_file():
        return [sys.executable, location]
    return shlex.split(location)
