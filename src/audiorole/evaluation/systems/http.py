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


class HttpError(AudioroleError):
    """A server refused, failed after every try, or answered nonsense."""


class HttpSystem:
    """`http@https://host/respond`. The key of AUDIOROLE_SYSTEM_KEY, if set, goes along as a bearer token."""

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location or not location.startswith(("http://", "https://")):
            raise ConfigError(f"System 'http' wants an address: http@https://host/respond, not {location!r}.")
        self.address = location

    def respond(self, prompt: Prompt) -> Reply:
        """Post the prompt. Raises HttpError, NoReplyError."""
        body = post_json(self.address, request_data(prompt), os.environ.get("AUDIOROLE_SYSTEM_KEY", ""))
        return reply_from_data(decode_object(body, self.address))

    def close(self) -> None:
        """Nothing is held."""


def post_json(address: str, content: object, key: str = "", pause: float = FIRST_PAUSE) -> bytes:
    """Return the body of the answer to a POST; busy servers are asked again, `TRIES` times in all.

    Raises HttpError with the status and the start of the body.
    """
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    request = urllib.request.Request(address, msgspec.json.encode(content), headers, method="POST")
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            problem = f"{address} answered {error.code}: {error.read(300).decode('utf-8', 'replace')}"
            if error.code not in TEMPORARY:
                raise HttpError(problem) from error
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            problem = f"{address} cannot be reached: {getattr(error, 'reason', error)}"
        if attempt + 1 < TRIES:
            time.sleep(pause * 2**attempt)
    raise HttpError(problem)


def decode_object(body: bytes, address: str) -> dict[str, Any]:
    """Return a JSON object. Raises HttpError for anything else."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise HttpError(f"{address} did not answer with a JSON object: {error}") from error
