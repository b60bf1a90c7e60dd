"""Review and chat have one guard: hosts, token, sizes, and the same headers on every answer, also on refusals."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from audiorole.errors import ConfigError
from audiorole.web.guard import Guard

from .conftest import HEADERS, TOKEN, chat, review

App = tuple[Guard, str, str]


def client(app: App) -> TestClient:
    return TestClient(app[0], base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8377", "localhost", "LOCALHOST:1", "localhost:65535"])
def test_our_hosts_are_let_in(app: App, host: str) -> None:
    assert client(app).get(app[1], headers={**HEADERS, "host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "testserver", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2", "0.0.0.0",
        "[::1]", "", "localhost:", "localhost:80:80", "localhost@evil.example", "evil.example:8377", "my-workstation",
    ],
)  # fmt: skip
def test_other_hosts_are_refused(app: App, host: str) -> None:
    for path in ("/", app[1]):
        answer = client(app).get(path, headers={**HEADERS, "host": host})
        assert answer.status_code == 400
        assert "secret" not in answer.text


def test_another_machine_is_told_the_way(app: App) -> None:
    answer = client(app).get("/", headers={**HEADERS, "host": "my-workstation:8377"}).json()["error"]
    assert re.search(r"ssh -N -L (\d+):127\.0\.0\.1:\1 my-workstation there, then open the address", answer)
    assert "<script>" not in client(app).get("/", headers={**HEADERS, "host": "<script>"}).text


def test_a_tunnels_name_is_let_in_where_it_was_given() -> None:
    named = TestClient(Guard(chat().app, TOKEN, "audiorole chat", 10, hosts=["Lab.Example"]), base_url="http://x")
    for host, status in (("lab.example", 200), ("LAB.example:443", 200), ("localhost", 200), ("lab.example.org", 400)):
        assert named.get("/characters", headers={**HEADERS, "host": host}).status_code == status


@pytest.mark.parametrize("name", ["0.0.0.0", "::", "*", "", "a b", "http://lab", "lab:80", "-lab", "lab/x", "a" * 64])
def test_a_host_that_is_no_name_is_a_sentence(name: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of a tunnel"):
        Guard(chat().app, TOKEN, "audiorole review", 10, hosts=[name])


def test_two_hosts_or_none_are_refused(app: App) -> None:
    for hosts in ([], [(b"host", b"localhost"), (b"host", b"evil.example")]):
        assert raw(app[0], app[1], hosts)[0]["status"] == 400


@pytest.mark.parametrize("token", [None, "", "guess", "secret ", "SECRET", "secre", "sécret", "\x00"])
def test_without_the_token_there_is_nothing(app: App, token: str | None) -> None:
    query = {} if token is None else {"token": token}
    header = {} if token is None else {"x-audiorole-token": token.encode()}
    for method, path in (("GET", "/"), ("GET", app[1]), ("POST", app[2]), ("GET", "/nowhere"), ("DELETE", app[1])):
        for answer in (
            client(app).request(method, path, params=query),
            client(app).request(method, path, headers=header),  # type: ignore[arg-type]
        ):
            assert answer.status_code == 403
            assert "carries the token" in answer.text


def test_the_token_opens_in_the_header_and_in_the_address(app: App) -> None:
    assert client(app).get(app[1], headers=HEADERS).status_code == 200
    assert client(app).get(app[1], params={"token": TOKEN}).status_code == 200
    assert client(app).get(f"{app[1]}?token={TOKEN}&token=guess").status_code == 403


def test_every_answer_has_the_headers(app: App) -> None:
    get, post = client(app).get, client(app).post
    answers = [
        get("/", headers=HEADERS),
        get(app[1], headers=HEADERS),
        get("/nowhere", headers=HEADERS),
        get("/"),
        get("/", headers={**HEADERS, "host": "evil.example"}),
        post("/", headers=HEADERS),
        post(app[2], headers=HEADERS, content=b"{"),
        post(app[2], headers=HEADERS, content=b"[" * 100_000),
        post(app[2], headers={**HEADERS, "content-length": "99999999999"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 403, 400, 405, 400, 400, 413]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert len({answer.headers["content-security-policy"] for answer in answers}) == len(answers), "a nonce came twice"


def test_a_defect_has_the_headers_too() -> None:
    broken = TestClient(review(), base_url="http://localhost", raise_server_exceptions=False)
    answer = broken.post("/decide", json={"kind": "x", "subject": "break"}, headers=HEADERS)
    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert "defect" not in answer.text


def test_the_pages_scripts_and_styles_are_those_of_the_answer(app: App) -> None:
    answer = client(app).get("/", headers=HEADERS)
    (nonce,) = set(re.findall(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"]))
    opened = re.findall(r"<(?:script|style)[^>]*>", answer.text)
    assert len(opened) >= 2
    assert all(f'nonce="{nonce}"' in tag for tag in opened)
    assert not re.search(r"\s(?:style|on\w+)=", answer.text), "an attribute that the policy forbids"


def test_a_body_without_a_length_is_counted(app: App) -> None:
    sent = iter([b"x" * 1_000_000] * 20)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(sent), "more_body": True}

    (start, *_) = raw(app[0], app[2], [(b"host", b"localhost")], receive, "POST")
    assert start["status"] == 413
    assert len(list(sent)) >= 10, "it was all read"


def test_a_body_that_drips_is_not_waited_for(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiorole.web.guard.BODY_SECONDS", 0.3)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    (start, *_) = raw(app[0], app[2], [(b"host", b"localhost")], receive, "POST")
    assert start["status"] == 408


def test_no_web_socket_is_opened(app: App) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"localhost")], "query_string": b""}
    asyncio.run(app[0](scope, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def raw(
    app: Guard, path: str, hosts: list[tuple[bytes, bytes]], receive: Any = nothing, method: str = "GET"
) -> list[Any]:
    """Call the application as a server does; return what it sends."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        "headers": [*hosts, (b"x-audiorole-token", TOKEN.encode())], "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent
