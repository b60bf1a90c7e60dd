"""Servers that misbehave, one a path, on this machine only: each connection gets a thread and its worst."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import soundfile

LONG = 60.0


def wav() -> str:
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.3 * np.sin(np.arange(16_000) / 10), 16_000, format="WAV", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode()


GOOD = {"audio": wav(), "text": "hello"}


def http(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer as it goes over the line."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + data


class Zoo:
    """The server. heard: path → the raw requests; `elsewhere` is a second port, where nobody may be led."""

    def __init__(self) -> None:
        self.heard: dict[str, list[bytes]] = {}
        self.closing = threading.Event()
        self.sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.here, self.elsewhere = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in self.sockets)
        for each in self.sockets:
            threading.Thread(target=self._serve, args=(each,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        for each in self.sockets:
            each.close()

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listening.accept()
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line:
            request = self._read(line)
            name = re.match(rb"\w+ /(\w*)", request)[1].decode()  # type: ignore[index]
            self.heard.setdefault(name, []).append(request)
            if request.startswith(b"HEAD"):
                line.sendall(http(b""))
                return
            getattr(self, name, self.good)(line)

    def _read(self, line: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536) or b"\r\n\r\n"
        head, _, body = data.partition(b"\r\n\r\n")
        if b"/never_takes" in head:
            self._wait()
        length = re.search(rb"content-length: (\d+)", head.lower())
        while len(body) < int(length[1] if length else 0) and (more := line.recv(1 << 20)):
            body += more
        return head + b"\r\n\r\n" + body

    def _wait(self, seconds: float = LONG) -> None:
        self.closing.wait(seconds)

    def _drip(self, line: socket.socket, pieces: Iterator[bytes]) -> None:
        end = time.monotonic() + LONG
        while time.monotonic() < end and not self.closing.is_set():
            line.sendall(next(pieces))
            self._wait(0.02)

    def good(self, line: socket.socket) -> None:
        line.sendall(http(json.dumps(GOOD)))

    def redirects_elsewhere(self, line: socket.socket) -> None:
        line.sendall(http("", "302 Found", f"Location: {self.elsewhere}/stolen"))

    def redirects_the_post(self, line: socket.socket) -> None:
        line.sendall(http("", "308 Permanent Redirect", f"Location: {self.elsewhere}/stolen"))

    def redirects_to_a_file(self, line: socket.socket) -> None:
        line.sendall(http("", "301 Moved", "Location: file:///etc/passwd"))

    def redirects_to_itself(self, line: socket.socket) -> None:
        line.sendall(http("", "307 Temporary", "Location: /redirects_to_itself"))

    def says_nothing(self, line: socket.socket) -> None:
        self._wait()

    def never_takes(self, line: socket.socket) -> None:
        self._wait()

    def hangs_up(self, line: socket.socket) -> None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def speaks_no_http(self, line: socket.socket) -> None:
        line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" + bytes(range(256)) * 10)

    def drips_the_head(self, line: socket.socket) -> None:
        self._drip(line, iter(lambda: b"X", b""))

    def drips_the_body(self, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self._drip(line, iter(lambda: b" ", b""))

    def continues_for_ever(self, line: socket.socket) -> None:
        self._drip(line, iter(lambda: b"HTTP/1.1 100 Continue\r\n\r\n" * 50, b""))

    def has_thousands_of_headers(self, line: socket.socket) -> None:
        line.sendall(http("{}", "200 OK", *(f"X-{at}: y" for at in range(5000))))

    def promises_ten_gigabytes(self, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n{")
        self._wait()

    def sends_without_end(self, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not self.closing.is_set():
            line.sendall(b" " * 65536)

    def sends_chunks_without_end(self, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.closing.is_set():
            line.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def breaks_off(self, line: socket.socket) -> None:
        data = http(json.dumps(GOOD))
        line.sendall(data[: len(data) // 2])

    def has_bad_chunks(self, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlots\r\n{}\r\n0\r\n\r\n")

    def answers_in_html(self, line: socket.socket) -> None:
        line.sendall(http("<html><h1>Welcome to nginx!</h1></html>"))

    def answers_a_list(self, line: socket.socket) -> None:
        line.sendall(http(json.dumps([GOOD])))

    def answers_brackets(self, line: socket.socket) -> None:
        line.sendall(http('{"a":' * 100_000))

    def answers_zipped(self, line: socket.socket) -> None:
        line.sendall(http(gzip.compress(json.dumps(GOOD).encode()), "200 OK", "Content-Encoding: gzip"))

    def answers_nothing(self, line: socket.socket) -> None:
        line.sendall(http("", "204 No Content"))

    def answers_no_sound(self, line: socket.socket) -> None:
        line.sendall(http(json.dumps({**GOOD, "audio": "UklGRg=="})))

    def answers_a_number_as_text(self, line: socket.socket) -> None:
        line.sendall(http(json.dumps({**GOOD, "text": 5})))

    def is_always_busy(self, line: socket.socket) -> None:
        line.sendall(http("later", "503 Service Unavailable", "Retry-After: 100000"))

    def tells_the_key(self, line: socket.socket) -> None:
        line.sendall(http("no such key: TOP-SECRET", "401 Unauthorized"))


def names() -> list[str]:
    """Return the misbehaviours."""
    own: dict[str, Callable[..., None]] = {key: value for key, value in vars(Zoo).items() if callable(value)}
    return [name for name in own if not name.startswith("_") and name not in ("close", "good")]
