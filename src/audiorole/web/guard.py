"""The guard before every page: host, token, size and time of a request, and the headers of every answer.

A page elsewhere that resolves its own name to this machine is refused by the host; whoever has not seen the printed
address is refused by the token, in the header `x-audiorole-token` or the query; a script that somehow got into a page
does not run, since only those with the nonce of this very answer do.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from importlib.resources import files
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiorole.errors import ConfigError

HOSTS = ("127.0.0.1", "localhost")
"""Names that the pages answer to, at any port, since a tunnel may have another."""

TOKEN_HEADER = b"x-audiorole-token"
BODY_SECONDS = 30.0
"""For the whole body of a request, once its head is there."""

HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-)){0,10}")

NONCE = "NONCE"
"""What stands for the nonce in a page's file."""

PART = re.compile(r"\{\{([\w-]+\.(?:css|js))\}\}")
"""What stands in a page's file for a style or script file beside it."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """An application behind the guard. command: what prints the address; longest_request: bytes of a body.

    scripts: paths of script files that a page may load beside those with its nonce; an audio worklet can have none.
    hosts: names that the page answers to beside `HOSTS`, such as a tunnel's. Raises ConfigError for what is no name.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        command: str,
        longest_request: int,
        scripts: Sequence[str] = (),
        hosts: Sequence[str] = (),
    ) -> None:
        self.app, self.token, self.command, self.longest_request = app, token, command, longest_request
        self.scripts, self.hosts = tuple(scripts), (*HOSTS, *map(checked_host, hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(16)
        scope[NONCE] = nonce
        answer = _Answer(send, _headers(nonce, self._script_files(scope)))
        body = _Body(receive, self.longest_request)
        try:
            await (self._refused(scope) or self.app)(scope, body, answer.unless(body))
        except _BodyError as error:
            if not answer.begun:
                await JSONResponse({"error": str(error)}, error.status)(scope, receive, answer)

    def _refused(self, scope: Scope) -> Response | None:
        """Return the answer to a request that may not come in; None for one that may."""
        if not _host_is_of(scope, self.hosts):
            return JSONResponse({"error": self._unknown_host(scope)}, 400)
        if not self._token_is_right(scope):
            return JSONResponse({"error": f"Open the address that {self.command} printed: it carries the token."}, 403)
        told = _values(scope, b"content-length")
        if any(not value.isdigit() or int(value) > self.longest_request for value in told):
            return JSONResponse({"error": _too_long(self.longest_request)}, 413)
        return None

    def _unknown_host(self, scope: Scope) -> str:
        """Return what to do, in words, for whoever came by another name."""
        name = b"".join(_values(scope, b"host")[:1]).decode("latin-1").partition(":")[0]
        port = (scope.get("server") or ("", 0))[1]
        where = name if HOST_NAME.fullmatch(name) else "HOST"
        return (
            f"This page answers to {' and '.join(self.hosts)} alone. On another machine, first run "
            f"ssh -N -L {port}:127.0.0.1:{port} {where} there, then open the address that {self.command} printed; "
            f"for the name of a tunnel or proxy, start {self.command} with --host {where}."
        )

    def _script_files(self, scope: Scope) -> str:
        """Return the script files as sources of the policy, on the host that was asked for and no other."""
        host = _values(scope, b"host")[0].decode("latin-1") if _host_is_of(scope, self.hosts) else ""
        return "".join(f" {host}{path}" for path in self.scripts if host)

    def _token_is_right(self, scope: Scope) -> bool:
        given = _values(scope, TOKEN_HEADER) or [
            value.encode("utf-8", "replace")
            for value in parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        ]
        return len(given) == 1 and hmac.compare_digest(given[0], self.token.encode())


def page(request: Request, package: str, name: str = "page.html") -> Response:
    """Return a page of a package, its scripts and styles allowed by the nonce of this answer."""
    text = PART.sub(lambda part: page_file(package, part[1]), page_file(package, name))
    return HTMLResponse(text.replace(NONCE, request.scope[NONCE]))


def page_file(package: str, name: str) -> str:
    """Return the text of a page's file."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def checked_host(name: str) -> str:
    """Return a name that a page may answer to, in small letters. Raises ConfigError for what is none."""
    if name in ("0.0.0.0", "::", "*") or not HOST_NAME.fullmatch(name):
        raise ConfigError(
            f"--host {name!r} is not the name of a tunnel or proxy. Pages listen on this machine alone; "
            "from another one, ssh -N -L PORT:127.0.0.1:PORT brings them there without --host."
        )
    return name.lower()


class _BodyError(Exception):
    """A body is too long or too slow. status: of the answer."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class _Body:
    """Receives a request, as long as its body is neither too long nor too slow."""

    def __init__(self, receive: Receive, longest: int) -> None:
        self.receive, self.longest = receive, longest
        self.size, self.until, self.whole = 0, time.monotonic() + BODY_SECONDS, False
        self.failed = False

    async def __call__(self) -> Message:
        if self.whole:
            return await self.receive()
        try:
            message = await asyncio.wait_for(self.receive(), max(0.0, self.until - time.monotonic()))
        except TimeoutError:
            raise self._error(408, "The request did not come to its end in time.") from None
        self.size += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self.size > self.longest:
            raise self._error(413, _too_long(self.longest))
        return message

    def _error(self, status: int, message: str) -> _BodyError:
        self.failed = True
        return _BodyError(status, message)


class _Answer:
    """Sends an answer with the headers that all answers have. begun: whether its status is out."""

    def __init__(self, send: Send, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.send, self.headers, self.begun = send, dict(headers), False

    def unless(self, body: _Body) -> Send:
        """Return what sends the application's answer, but not to a body that failed: the guard answers that."""

        async def send(message: Message) -> None:
            if self.begun or not body.failed:
                await self(message)

        return send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            own = [(key, value) for key, value in message.get("headers", []) if key.lower() not in self.headers]
            message = {**message, "headers": [*own, *self.headers.items()]}
        await self.send(message)


def _headers(nonce: str, script_files: str) -> list[tuple[bytes, bytes]]:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'{script_files}; style-src 'nonce-{nonce}'; "
        "media-src 'self' blob:; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    named = {**HEADERS, "Content-Security-Policy": policy}
    return [(key.lower().encode(), value.encode()) for key, value in named.items()]


def _host_is_of(scope: Scope, known: Sequence[str]) -> bool:
    """Return whether the request names one of `known`, once, with a port or without."""
    hosts = _values(scope, b"host")
    if len(hosts) != 1:
        return False
    name, colon, port = hosts[0].decode("latin-1").lower().partition(":")
    return name in known and (port.isdecimal() if colon else True)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]


def _too_long(longest: int) -> str:
    return f"Too long: a request has at most {longest:,} bytes."
