"""One exchange with an HTTP server that cannot hold us up, flood us or lead us elsewhere.

A deadline runs over the whole of it, from the first connection to the last byte, whatever drips; an answer has a most
of bytes; a redirect is an answer and is never followed, so no key goes to a host that nobody named. Standard library.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from audiorole.errors import AudioroleError, ConfigError

BLOCK = 1 << 16
MOST_BYTES = 1 << 26
"""Of one answer: 64 MiB."""
TOLD_BYTES = 300
"""Of an error's body."""
LONGEST_ADDRESS = 2000
GRACE_SECONDS = 5.0
"""By which a single read or write may outlast the deadline: the watch is there first, and says why it ended."""
CONNECT_SECONDS = 20.0
"""For each of a host's addresses to take the call."""


class HttpError(AudioroleError):
    """A server refused, failed after every try, or answered nonsense."""


class UnreachableError(HttpError):
    """Nobody answered at an address, whatever was tried."""


class OverdueError(HttpError):
    """A server had not answered in full when its time was over."""


class BrokenAnswerError(HttpError):
    """What a server answered is no whole answer in HTTP."""


class StatusError(HttpError):
    """A server answered with a status that is no success. status: the number."""

    def __init__(self, address: str, status: int, told: str) -> None:
        self.address, self.status, self.told = address, status, told
        super().__init__(address, status, told)

    def __str__(self) -> str:
        return f"{self.address} answered {self.status}: {self.told}"


def checked_address(address: str) -> str:
    """Return `address` where it is one that can be asked. Raises ConfigError for any other, with what is wrong."""
    problem = _address_problem(address)
    if problem:
        shown = re.sub(r"//[^/]*@", "//…@", address)
        raise ConfigError(f"{shown!r:.200} is no address of a server: {problem}. Wanted: https://host[:port]/path.")
    return address


def checked_key(key: str) -> str:
    """Return a key without the blanks around it. Raises ConfigError for one that no header can carry, and not told."""
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        raise ConfigError(
            "The key for the server has letters that no header can carry: is it the whole key, and only it?"
        )
    return key


@dataclass(frozen=True)
class Exchange:
    """What is asked. seconds: for everything together; most_bytes: of the answer."""

    address: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    seconds: float = 300.0
    most_bytes: int = field(default_factory=lambda: MOST_BYTES)

    def answer(self) -> bytes:
        """Return the body of the answer.

        Raises ConfigError for an odd address, StatusError for a status that is no success (a redirect too),
        OverdueError, UnreachableError where nobody answered, BrokenAnswerError, HttpError for one that is too long.
        """
        deadline = time.monotonic() + self.seconds
        address = checked_address(self.address)
        request = urllib.request.Request(address, self.body, dict(self.headers), method=self.method)
        with _Watch(self.seconds) as watch:
            try:
                with _opener(watch).open(request, timeout=self.seconds) as found:
                    return self._read(found, deadline)
            except urllib.error.HTTPError as error:
                with error:
                    raise StatusError(address, error.code, self._told(error)) from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self._problem(error, watch.over) from error

    def _problem(self, error: Exception, over: bool) -> HttpError:
        """Return what went wrong as one of our errors."""
        if over or isinstance(error, TimeoutError):
            return OverdueError(f"{self.address} had not answered in full within {self.seconds:g} s")
        reason = getattr(error, "reason", None) or error
        told = str(reason) or type(reason).__name__
        if isinstance(error, OSError):
            return UnreachableError(f"{self.address} cannot be reached: {told}")
        return BrokenAnswerError(f"{self.address} gave no whole answer: {type(error).__name__}: {told:.200}")

    def _read(self, found: Any, deadline: float) -> bytes:
        """Return the body, in blocks."""
        left = getattr(found, "length", None)
        if left is not None and left > self.most_bytes:
            raise HttpError(self._too_long())
        data = bytearray()
        while block := found.read1(BLOCK):
            data += block
            if len(data) > self.most_bytes:
                raise HttpError(self._too_long())
            _in_time(deadline)
        _in_time(deadline)  # a connection that the watch shut looks like the end of the answer
        if missing := getattr(found, "length", None):
            raise http.client.IncompleteRead(b"", missing)
        return bytes(data)

    def _too_long(self) -> str:
        return f"{self.address} answered with more than {self.most_bytes:,} bytes"

    def _told(self, error: urllib.error.HTTPError) -> str:
        """Return the start of an error's body, without any key that we sent along."""
        if 300 <= error.code < 400:
            elsewhere = urlsplit(error.headers.get("Location", "")).netloc or "another path"
            return f"it redirects to {elsewhere}; name the address that shall be asked, redirects are not followed"
        try:
            told = error.read(TOLD_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException, ValueError):
            return str(error.reason)
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return told.replace(key, "…") if key else told


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError


class _Watch:
    """Shuts the connection when the time is over, so that a read that drips or a write that is not taken ends."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._guards: list[Any] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for guard in self._guards:
            guard.close()

    def connecting(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        """Return `connect` as it is, but that this watch holds on to every connection it makes."""

        def watched(*arguments: Any, **named: Any) -> Any:
            where, seconds, *rest = arguments
            made = connect(where, min(seconds, CONNECT_SECONDS), *rest, **named)
            made.settimeout(seconds + GRACE_SECONDS)
            self._guards.append(made.dup())
            if self.over:
                self._end()
            return made

        return watched

    def _end(self) -> None:
        self.over = True
        for guard in self._guards:
            with contextlib.suppress(OSError):
                guard.shutdown(2)  # both directions; a second handle on the same connection reaches the first


def _watched(connection: Any, watch: _Watch) -> None:
    """Let `watch` hold on to what `connection` connects to, from before TLS on."""
    connection._create_connection = watch.connecting(connection._create_connection)


class _Plain(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, watch: _Watch, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _watched(self, watch)


class _Secure(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, watch: _Watch, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _watched(self, watch)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self.watch = watch

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Plain, req, watch=self.watch)  # type: ignore[arg-type]


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self.watch = watch

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Secure, req, watch=self.watch)  # type: ignore[arg-type]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none: the answer is then an error with the status of the redirect."""


def _opener(watch: _Watch) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Http(watch), _Https(watch), _NoRedirect())


def _address_problem(address: str) -> str:
    """Return what is wrong with an address; "" for one that can be asked."""
    if len(address) > LONGEST_ADDRESS:
        return f"it has more than {LONGEST_ADDRESS} letters"
    if not address.isascii() or not address.isprintable() or " " in address:
        return "it has blanks, control characters or letters that an address writes otherwise"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it begins with neither http:// nor https://"
    if parts.username is not None or parts.password is not None:
        return "it carries a name or a password, which would stand in every message; the key has its own variable"
    return _host_problem(host) or ("port 0 is nobody's" if port == 0 else "")


def _host_problem(host: str) -> str:
    labels = host.removesuffix(".").split(".")
    if not host:
        return "it names no host"
    if ":" not in host and any(not label or len(label) > 63 for label in labels):
        return "a part of the host's name is empty or longer than 63 letters"
    return ""
