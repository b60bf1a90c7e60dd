"""A system behind an HTTP address: the worker's JSON as a POST body, the worker's JSON back. Standard library only."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import msgspec

from audiorole.errors import AudioroleError, ConfigError
from audiorole.evaluation.systems.base import Prompt, Reply
from audiorole.evaluation.systems.worker import reply_from_data, request_data

TRIES = 4
FIRST_PAUSE = 1.0
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
TIMEOUT_SECONDS = 300.0
KNOCK_SECONDS = 5.0
"""Time in which a server has to accept a connection, answer or not."""
LOST_SECONDS = 10.0
"""A server that was not there is not sought again so soon."""


class HttpError(AudioroleError):
    """A server refused, failed after every try, or answered nonsense."""


class UnreachableError(HttpError):
    """Nobody answered at an address, whatever was tried."""


class HttpSystem:
    """`http@https://host/respond`. The key of AUDIOROLE_SYSTEM_KEY, if set, goes along as a bearer token."""

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location or not location.startswith(("http://", "https://")):
            raise ConfigError(f"System 'http' wants an address: http@https://host/respond, not {location!r}.")
        self.address, self.line = location, Connection()

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where nobody is at the address."""
        check_reachable(cls(location).address)

    def respond(self, prompt: Prompt) -> Reply:
        """Post the prompt. Raises HttpError, NoReplyError."""
        body = self.line.post(self.address, request_data(prompt), os.environ.get("AUDIOROLE_SYSTEM_KEY", ""))
        return reply_from_data(decode_object(body, self.address))

    def close(self) -> None:
        """Nothing is held."""


class Connection:
    """Posts to servers and remembers which were gone: after one post that was tried in full the next ones fail at once.

    A server that was gone is looked for every `lost` seconds, so that one that was started again is asked again.
    """

    def __init__(self, pause: float = FIRST_PAUSE, lost: float = LOST_SECONDS) -> None:
        self.pause, self.lost = pause, lost
        self._gone: dict[str, tuple[float, str]] = {}

    def post(self, address: str, content: object, key: str = "") -> bytes:
        """Return the body of the answer. Raises HttpError, UnreachableError at once for a server that was gone."""
        if address in self._gone:
            self._look_again(address)
        try:
            return post_json(address, content, key, self.pause)
        except UnreachableError as error:
            self._gone[address] = time.monotonic(), str(error)
            raise

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
    """Raise ConfigError where nobody is at `address`."""
    problem = knock(address)
    if problem:
        raise ConfigError(f"{address} cannot be reached: {problem}. Start the server, or name the address it has.")


def knock(address: str) -> str:
    """Return why nobody can be reached at `address`; "" where somebody is, whatever they answer to a HEAD request."""
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=KNOCK_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
    except urllib.error.URLError as error:
        return str(error.reason)
    except (HTTPException, TimeoutError, ConnectionError):
        pass  # somebody took the call
    return ""


def post_json(address: str, content: object, key: str = "", pause: float = FIRST_PAUSE) -> bytes:
    """Return the body of the answer to a POST; busy servers are asked again, `TRIES` times in all.

    Raises HttpError with the status and the start of the body, UnreachableError where nobody answered.
    """
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(address, msgspec.json.encode(content), headers, method="POST")
    for attempt in range(TRIES):
        kind: type[HttpError] = HttpError
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            problem = f"{address} answered {error.code}: {error.read(300).decode('utf-8', 'replace')}"
            if error.code not in TEMPORARY:
                raise HttpError(problem) from error
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            problem, kind = f"{address} cannot be reached: {getattr(error, 'reason', error)}", UnreachableError
        if attempt + 1 < TRIES:
            time.sleep(pause * 2**attempt)
    raise kind(problem)


def decode_object(body: bytes, address: str) -> dict[str, Any]:
    """Return a JSON object. Raises HttpError for anything else."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise HttpError(f"{address} did not answer with a JSON object: {error}") from error
