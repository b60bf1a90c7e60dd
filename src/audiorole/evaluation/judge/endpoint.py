"""The judge's endpoint: any OpenAI-compatible one, with a log of every call that can be replayed offline."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.disk import write_atomic
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.systems.completion import Endpoint, answer_text, complete
from audiorole.evaluation.systems.http import HttpError, post_json
from audiorole.types import Record

logger = logging.getLogger(__name__)

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
    """One call in the ledger. key: hash of judge and messages; cost: tokens at the pinned prices.

    seal: of all other fields, so that damage is noticed; entries of earlier versions have none.
    """

    key: str
    judge: str
    messages: list[Message]
    answer: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    seal: str = ""

    def sealed(self) -> Entry:
        """Return the entry with its seal."""
        bare = msgspec.json.encode(msgspec.structs.replace(self, seal=""))
        return msgspec.structs.replace(self, seal=hashlib.sha256(bare).hexdigest()[:32])

    @property
    def whole(self) -> bool:
        """Whether the entry is what was written."""
        return not self.seal or self.seal == self.sealed().seal


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
        self._known = {entry.key: entry for entry in _read(path, replay)}
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
            handle.write(msgspec.json.encode(entry.sealed()) + b"\n")
        self._known[entry.key] = entry


def _tokens(answer: dict[str, Any], name: str) -> int:
    """Return what an answer says it used; 0 where it does not say, or says nonsense."""
    usage = answer.get("usage")
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


def _read(path: Path, replay: bool) -> list[Entry]:
    """Return the whole entries of a ledger; a last line that a killed run cut short is cut off.

    A damaged entry is left out and asked again; in a replay, which cannot ask, it raises InputError.
    """
    if not path.is_file():
        return []
    *lines, rest = path.read_bytes().split(b"\n")
    if rest and not replay:
        write_atomic(path, b"".join(line + b"\n" for line in lines))
    found = []
    for number, line in enumerate(lines, start=1):
        entry = _entry(line)
        if entry is not None:
            found.append(entry)
        elif replay:
            raise InputError(str(path), "is damaged here; run once without replay", number)
        else:
            logger.warning("%s:%d is damaged: its question is asked again.", path, number)
    return found


def _entry(line: bytes) -> Entry | None:
    """Return the entry on a line; None where it is damaged."""
    try:
        entry = msgspec.json.decode(line, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return entry if entry.whole else None
