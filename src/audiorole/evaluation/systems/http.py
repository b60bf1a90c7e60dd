"""A system behind an HTTP address: the worker's JSON as a POST body, the worker's JSON back. Standard library only."""

from __future__ import annotations

import os
import time

import msgspec

from audiorole.errors import ConfigError
from audiorole.evaluation.systems.base import Prompt, Reply
from audiorole.evaluation.systems.border import json_object
from audiorole.evaluation.systems.exchange import (
    BrokenAnswerError,
    Exchange,
    HttpError,
    OverdueError,
    StatusError,
    UnreachableError,
    checked_address,
    checked_key,
)
from audiorole.evaluation.systems.worker import reply_from_data, request_data
from audiorole.types.plain import JsonObject

__all__ = [
    "Connection", "HttpError", "HttpSystem", "OverdueError", "StatusError", "UnreachableError", "check_reachable",
    "decode_object", "knock", "post_json",
]  # fmt: skip

TRIES = 4
FIRST_PAUSE = 1.0
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
TIMEOUT_SECONDS = 300.0
"""For one answer, with all tries for it."""
KNOCK_SECONDS = 5.0
"""Time in which a server has to accept a connection, answer or not."""
LOST_SECONDS = 10.0
"""A server that was not there is not sought again so soon."""
OVERDUE = 3
"""A server whose answers are overdue so often in a row hangs: it is not asked any more."""
KEY = "AUDIOROLE_SYSTEM_KEY"


class HttpSystem:
    """`http@https://host/respond`. The key of AUDIOROLE_SYSTEM_KEY, if set, goes along as a bearer token."""

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location or not location.startswith(("http://", "https://")):
            raise ConfigError(f"System 'http' wants an address: http@https://host/respond, not {location!r}.")
        self.address, self.line = checked_address(location), Connection()

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where nobody is at the address."""
        checked_key(os.environ.get(KEY, ""))
        check_reachable(cls(location).address)

    def respond(self, prompt: Prompt) -> Reply:
        """Post the prompt. Raises HttpError, BadReplyError, NoReplyError."""
        body = self.line.post(self.address, request_data(prompt), os.environ.get(KEY, ""))
        return reply_from_data(decode_object(body, self.address))

    def close(self) -> None:
        """Nothing is held."""


class Connection:
    """Posts to servers and remembers which were gone: after one post that was tried in full the next ones fail at once.

    A server that was gone is looked for every `lost` seconds, so that one that was started again is asked again. One
    whose answers are overdue, `OVERDUE` in a row, is not asked any more. seconds: for one answer, with all tries.
    """

    def __init__(
        self, pause: float = FIRST_PAUSE, lost: float = LOST_SECONDS, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self.pause, self.lost, self.seconds = pause, lost, seconds
        self._gone: dict[str, tuple[float, str]] = {}
        self._overdue: dict[str, int] = {}

    def post(self, address: str, content: object, key: str = "") -> bytes:
        """Return the body of the answer. Raises HttpError, UnreachableError at once for a server that was gone."""
        if address in self._gone:
            self._look_again(address)
        if self._overdue.get(address, 0) >= OVERDUE:
            raise OverdueError(f"not asked: {OVERDUE} answers of {address} in a row were overdue")
        try:
            answer = post_json(address, content, key, self.pause, self.seconds)
        except UnreachableError as error:
            self._gone[address] = time.monotonic(), str(error)
            raise
        except OverdueError:
            self._overdue[address] = self._overdue.get(address, 0) + 1
            raise
        self._overdue.pop(address, None)
        return answer

    def _look_again(self, address: str) -> None:
        since, problem = self._gone[address]
        if time.monotonic() - since >= self.lost:
            found = knock(address)
            if not found:
                del self._gone[address]
                return
            self._gone[address] = time.monotonic(), f"{address} cannot be reached: {found}"
        raise UnreachableError(f"{problem}; not asked again while nobody is there")


def check_reachable(address: str) -> None:
    """Raise ConfigError where nobody is at `address`, or it is no address."""
    problem = knock(checked_address(address))
    if problem:
        raise ConfigError(f"{address} cannot be reached: {problem}. Start the server, or name the address it has.")


def knock(address: str) -> str:
    """Return why nobody can be reached at `address`; "" where somebody is, whatever they answer to a HEAD request."""
    try:
        Exchange(address, method="HEAD", seconds=KNOCK_SECONDS).answer()
    except UnreachableError as error:
        return str(error).partition(" cannot be reached: ")[2]
    except HttpError:
        pass  # somebody took the call
    return ""


def post_json(
    address: str, content: object, key: str = "", pause: float = FIRST_PAUSE, seconds: float = TIMEOUT_SECONDS
) -> bytes:
    """Return the body of the answer to a POST; busy servers are asked again, `TRIES` times in all, within `seconds`.

    Raises ConfigError for an odd address or key, HttpError with the status and the start of the body, OverdueError,
    UnreachableError where nobody answered.
    """
    key, deadline = checked_key(key), time.monotonic() + seconds
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    body, attempt = msgspec.json.encode(content), 0
    while True:
        try:
            return Exchange(address, body, headers, seconds=max(0.0, deadline - time.monotonic())).answer()
        except (StatusError, UnreachableError, BrokenAnswerError) as error:
            rest = pause * 2**attempt
            final = isinstance(error, StatusError) and error.status not in TEMPORARY
            attempt += 1
            if final or attempt == TRIES or time.monotonic() + rest >= deadline:
                raise
            time.sleep(rest)


def decode_object(body: bytes, address: str) -> JsonObject:
    """Return a JSON object. Raises HttpError for anything else."""
    found = json_object(body)
    if found is None:
        raise HttpError(f"{address} did not answer with a JSON object; its answer begins {body[:40]!r}")
    return found
