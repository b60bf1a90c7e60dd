"""The judge's endpoint: any OpenAI-compatible one, with a log of every call that can be replayed offline."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.systems.completion import Endpoint, answer_text, complete
from audiorole.evaluation.systems.http import HttpError, post_json
from audiorole.types import Record

Message = dict[str, str]


class Pinned(Record, frozen=True):
    """Which judge. date: of the model's snapshot, pinned beside its name; prices: per million tokens, any currency."""

    endpoint: Endpoint
    date: str
    input_price: float = 0.0
    output_price: float = 0.0

    @property
    def name(self) -> str:
        """Model and date, as results name the judge."""
        return f"{self.endpoint.model}@{self.date}"


class Entry(Record, frozen=True):
    """One call in the ledger. key: hash of judge and messages; cost: tokens at the pinned prices."""

    key: str
    judge: str
    messages: list[Message]
    answer: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0


MOST_TOKENS = 2000
"""Of an answer, where the recipe sets no other limit: judges that think need hundreds before their verdict."""

GIVE_UP = 5
"""Calls that fail in a row: the endpoint is not asked any more in this run."""


class Ledger:
    """Every call, one JSON line each, in the order made. With `replay` nothing is ever asked over the network.

    A call that failed is not in the ledger: the next run asks it again. failed, problem: how many there were, and why
    the first one did.
    """

    def __init__(self, path: Path, judge: Pinned, replay: bool = False, post: Callable[..., bytes] = post_json) -> None:
        if not judge.date:
            raise ConfigError("A judge needs the date of its model snapshot: models change behind their names.")
        self.path, self.judge, self.replay, self._post = path, judge, replay, post
        self._known = {entry.key: entry for entry in _read(path)}
        self.failed, self.problem = 0, ""
        self._failed_in_a_row = 0

    @property
    def cost(self) -> float:
        """What all calls in the ledger cost."""
        return sum(entry.cost for entry in self._known.values())

    @property
    def calls(self) -> int:
        """How many calls the ledger holds."""
        return len(self._known)

    def ask(self, messages: list[Message]) -> str:
        """Return the answer: from the ledger where the same was asked before, else from the endpoint.

        Raises ConfigError in replay mode for what is not in the ledger, HttpError from the endpoint; after `GIVE_UP`
        failures in a row at once.
        """
        key = self._key(messages)
        if key not in self._known:
            if self.replay:
                raise ConfigError(f"Replay: {self.path} does not hold this question; run once without replay.")
            self._append(self._tried(key, messages))
        return self._known[key].answer

    def _key(self, messages: list[Message]) -> str:
        """Return what a call is known by: judge, question, and parameters where they are not the usual ones."""
        endpoint = self.judge.endpoint
        own = [endpoint.parameters, sorted(endpoint.omit)] if endpoint.parameters or endpoint.omit else []
        facts = msgspec.json.encode([self.judge.name, messages, *own], order="deterministic")
        return hashlib.sha256(facts).hexdigest()[:32]

    def _tried(self, key: str, messages: list[Message]) -> Entry:
        """Ask the endpoint, and count what fails."""
        try:
            if self._failed_in_a_row >= GIVE_UP:
                raise HttpError(f"not asked: {GIVE_UP} calls in a row failed, the first with: {self.problem}")
            entry = self._call(key, messages)
        except HttpError as error:
            self.failed += 1
            self._failed_in_a_row += 1
            self.problem = self.problem or str(error)
            raise
        self._failed_in_a_row = 0
        return entry

    def _call(self, key: str, messages: list[Message]) -> Entry:
        started = time.monotonic()
        defaults = {"temperature": 0.0, "seed": 0, "max_tokens": MOST_TOKENS}
        found = complete(self._post, self.judge.endpoint, messages, **defaults)
        spent = _tokens(found, "prompt_tokens"), _tokens(found, "completion_tokens")
        return Entry(
            key=key,
            judge=self.judge.name,
            messages=messages,
            answer=answer_text(found, self.judge.endpoint.url),
            input_tokens=spent[0],
            output_tokens=spent[1],
            cost=(spent[0] * self.judge.input_price + spent[1] * self.judge.output_price) / 1e6,
            seconds=round(time.monotonic() - started, 3),
        )

    def _append(self, entry: Entry) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as handle:
            handle.write(msgspec.json.encode(entry) + b"\n")
        self._known[entry.key] = entry


def _tokens(answer: dict[str, Any], name: str) -> int:
    """Return what an answer says it used; 0 where it does not say, or says nonsense."""
    usage = answer.get("usage")
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


def _read(path: Path) -> list[Entry]:
    """Return the whole entries of a ledger; a last line that a killed run cut short is left out."""
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")
    found = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError as error:
            raise InputError(str(path), f"not a ledger entry: {error}", number) from error
    if lines[-1]:
        path.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
    return found
