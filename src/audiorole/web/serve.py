"""Serving a page on this machine: the socket is held before the address is printed, so that it answers from then on."""

from __future__ import annotations

import errno
import getpass
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from audiorole.errors import ConfigError
from audiorole.web.protocol import PatientProtocol

ADDRESS = "127.0.0.1"
KEEP_ALIVE_SECONDS = 5
MOST_CONNECTIONS = 500


def serve_page(make: Callable[[str], ASGIApp], port: int, tell: Callable[[str], None]) -> None:
    """Serve the application that `make` gives for a new token, until it is interrupted.

    tell: gets the address with the token, once it is held. port: 0 takes a free one. Raises ConfigError for a port that
    cannot be had.
    """
    token = secrets.token_urlsafe(16)
    with listening(port) as held:
        app = make(token)
        tell(f"http://{ADDRESS}:{held.getsockname()[1]}/?token={token}")
        server(app).run(sockets=[held])


def tunnel_hint(address: str) -> str:
    """Return how to reach `address` from the machine that somebody is logged in from over ssh; "" for who is not."""
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if len(connection) != 4:
        return ""
    port = address.split("/")[2].rpartition(":")[2]
    here = f"{getpass.getuser()}@{connection[2]}"
    return f"From your own machine: ssh -N -L {port}:{ADDRESS}:{port} {here}, then open that address there."


def server(app: ASGIApp) -> uvicorn.Server:
    """Return the server of an application; it serves the sockets that it is run with."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_level="error",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
        )
    )


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Hold a socket that listens on this machine alone. Raises ConfigError for a port that cannot be had."""
    try:
        held = socket.create_server((ADDRESS, port))
    except OSError as error:
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise ConfigError(f"Port {port} {why}: --port 0 takes a free one.") from None
    with held:
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # no part of an answer waits for an acknowledgement
        yield held
