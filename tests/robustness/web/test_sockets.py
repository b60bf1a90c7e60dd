"""The socket is held before the address is told; whoever connects and says nothing is let go; nobody else listens."""

from __future__ import annotations

import ast
import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

import audiorole
import audiorole.cli.main
from audiorole.errors import ConfigError
from audiorole.web.serve import listening, serve_page, server, tunnel_hint

from .conftest import APPS, TOKEN, Parrot

REQUEST = f"GET {{path}}?token={TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(params=sorted(APPS))
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[tuple[str, int], str]]:
    """A page that is served with little patience: (address, a path that can be read)."""
    monkeypatch.setattr("audiorole.web.protocol.HEAD_SECONDS", 0.4)
    monkeypatch.setattr("audiorole.web.guard.BODY_SECONDS", 0.4)
    make, read, _ = APPS[request.param]
    serving = server(make())
    with listening(0) as held:
        thread = threading.Thread(target=serving.run, args=([held],))
        thread.start()
        yield held.getsockname(), read
        serving.should_exit = True
        thread.join()


def ended(line: socket.socket, send: bytes = b"", pause: float = 0.05, most: float = 40.0) -> float:
    """Send a byte at a time, if there are any, until the other side hangs up; return the seconds it took."""
    begun, rest = time.monotonic(), iter(send)
    line.settimeout(pause)
    while time.monotonic() - begun < most:
        with contextlib.suppress(TimeoutError):
            for letter in rest:
                line.sendall(bytes([letter]))
                break
            if line.recv(65536) == b"":
                break
        if not send:
            continue
    return time.monotonic() - begun


def test_a_silent_connection_is_let_go(place: tuple[tuple[str, int], str]) -> None:
    with socket.create_connection(place[0]) as line, contextlib.suppress(ConnectionError):
        assert 0.2 < ended(line) < 30


def test_a_head_that_drips_is_let_go(place: tuple[tuple[str, int], str]) -> None:
    head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Slow: 1\r\n" * 100
    begun = time.monotonic()
    with socket.create_connection(place[0]) as line, contextlib.suppress(ConnectionError):
        ended(line, head)
    assert time.monotonic() - begun < 30


def test_a_second_head_that_drips_is_let_go(place: tuple[tuple[str, int], str]) -> None:
    with socket.create_connection(place[0], timeout=10) as line:
        line.sendall(REQUEST.format(path=place[1]).encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            ended(line, b"GET / HTTP/1.1\r\n" + b"X-Slow: 1\r\n" * 100)
        assert time.monotonic() - begun < 30


def test_a_body_that_drips_is_let_go(place: tuple[tuple[str, int], str]) -> None:
    path = "/say" if place[1] == "/characters" else "/decide"
    head = f"POST {path}?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n"
    begun = time.monotonic()
    with socket.create_connection(place[0], timeout=10) as line, contextlib.suppress(ConnectionError):
        line.sendall(head.encode())
        assert b"408" in line.recv(65536)
        ended(line, b" " * 500)
    assert time.monotonic() - begun < 20


def test_whoever_asks_meanwhile_is_answered(place: tuple[tuple[str, int], str]) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection(place[0]))
        with socket.create_connection(place[0], timeout=10) as line:
            line.sendall(REQUEST.format(path=place[1]).encode())
            assert line.recv(65536).startswith(b"HTTP/1.1 200")


class Told(Exception):
    """The address was told."""


def test_the_address_is_held_when_it_is_told() -> None:
    addresses: list[str] = []

    def tell(address: str) -> None:
        addresses.append(address)
        host, port = address.split("/")[2].split(":")
        assert int(port) > 0
        socket.create_connection((host, int(port)), timeout=5).close()
        with pytest.raises(ConfigError, match=r"Port \d+ is taken by another program: --port 0 takes a free one"):
            serve_page(lambda token: None, int(port), tell)  # type: ignore[arg-type, return-value]
        raise Told

    with pytest.raises(Told):
        serve_page(lambda token: APPS["chat"][0](), 0, tell)
    assert len(addresses) == 1
    assert "?token=" in addresses[0]


@pytest.mark.parametrize("command", ["chat", "review"])
@pytest.mark.parametrize("taken", [True, False])
def test_both_commands_tell_the_real_port_or_one_sentence(
    command: str, taken: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands = both_commands(monkeypatch)
    monkeypatch.setattr("audiorole.web.serve.server", lambda app: SimpleNamespace(run=lambda sockets: None))
    with listening(0) as held:
        port = held.getsockname()[1] if taken else 0
        found = CliRunner().invoke(commands[command], [str(tmp_path), "--port", str(port)], standalone_mode=False)
        if taken:
            assert isinstance(found.exception, ConfigError)
            assert f"Port {port} is taken" in str(found.exception)
            assert "http" not in found.output, "an address was told that is another's"
        else:
            assert found.exception is None, found.exception
            assert "http://127.0.0.1:0/" not in found.output
            assert "http://127.0.0.1:" in found.output


@pytest.mark.parametrize("command", ["chat", "review"])
@pytest.mark.parametrize("name", ["0.0.0.0", "http://lab", "lab:80"])
def test_a_host_that_would_open_the_page_to_all_is_a_sentence(
    command: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands = both_commands(monkeypatch)
    found = CliRunner().invoke(commands[command], [str(tmp_path), "--port", "0", "--host", name], standalone_mode=False)
    assert isinstance(found.exception, ConfigError)
    assert "Pages listen on this machine alone" in str(found.exception)
    assert "http://127" not in found.output


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("192.168.1.9 53122 192.168.1.2 22", "ssh -N -L 8377:127.0.0.1:8377 .+@192.168.1.2, then"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_over_ssh_the_way_is_told(connection: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    hint = tunnel_hint("http://127.0.0.1:8377/?token=secret")
    assert re.search(said, hint)
    assert bool(hint) is bool(said)
    assert "secret" not in hint


@pytest.mark.parametrize("command", ["chat", "review"])
@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_without_the_extra_it_is_a_sentence(
    command: str, package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both_commands(monkeypatch)
    for name in list(sys.modules):
        if name.startswith(
            ("starlette", "uvicorn", "audiorole.web.", "audiorole.chat.server", "audiorole.review.server")
        ):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "argv", ["audiorole", command, str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        audiorole.cli.main.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "audiorole[review]" in said
    assert "Traceback" not in said


def both_commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, click.Command]:
    """Return the commands, with somebody to talk with and something to review."""
    from audiorole.cli.dataset import review
    from audiorole.cli.model import chat

    toy = SimpleNamespace(name="toy", characters=("Joe",), speaker=Parrot(), mark="a test")
    monkeypatch.setattr(chat, "_voice", lambda *_: toy)
    toy.lines = SimpleNamespace(fold=lambda: None)
    monkeypatch.setattr(review, "ReviewSession", lambda *_, **__: toy)
    return {"chat": chat.command, "review": review.command}


LISTENERS = {"uvicorn", "socketserver", "http.server", "wsgiref", "xmlrpc", "aiohttp", "tornado", "socket", "asyncio"}
OPENING = {"create_server", "start_server", "start_unix_server", "HTTPServer", "run_simple"}


def test_nobody_but_the_web_package_opens_a_listening_socket() -> None:
    source = Path(audiorole.__file__).parent
    modules = [path for path in sorted(source.rglob("*.py")) if path.parent.name != "web"]
    assert len(modules) > 300
    found = [f"{path.relative_to(source)}: {what}" for path in modules for what in opens(ast.parse(path.read_text()))]
    assert found == []
    assert list(opens(ast.parse((source / "web" / "serve.py").read_text()))), "the test sees nothing"


def opens(tree: ast.AST) -> Iterator[str]:
    """Yield what in a module could listen: imports of servers, and calls that open a socket for others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if is_listener(name.name))
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            yield from (name for name in names if is_listener(name))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OPENING:
            yield node.func.attr


def is_listener(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in LISTENERS)
