"""Headless Chromium over its debugging pipe, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

LEFT = ("context", "navigated", "detached", "closed")
"""Words of the errors that Chromium gives for a script whose page went away meanwhile."""


class PageLeftError(Exception):
    """The page that a script ran in was replaced by another one."""


COMPLAINTS = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")


class Chromium:
    """One page in a browser: `with Chromium(url) as page: page.evaluate("document.title")`.

    scheme: `light` or `dark`; width: of the window, in CSS pixels; switches: more of Chromium's own.
    complaints: what went to the console, and exceptions that nobody caught.
    """

    def __init__(self, page: Path | str, scheme: str = "", width: int = 0, switches: Sequence[str] = ()) -> None:
        self.url = page.as_uri() if isinstance(page, Path) else page
        self.scheme, self.width, self.switches = scheme, width, switches

    def __enter__(self) -> Chromium:
        assert CHROMIUM
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        read, self._commands = os.pipe()
        self._answers, write = os.pipe()
        command = [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
            "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe", *self.switches,
            f"--user-data-dir={self.profile.name}", "about:blank",
        ]  # fmt: skip
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{read} 4>&{write}', "bash", *command],
            pass_fds=(read, write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read)
        os.close(write)
        self._buffer, self._number = b"", 0
        self.complaints: list[dict[str, Any]] = []
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log"):
            self._send(f"{domain}.enable", self.session)
        if self.scheme:
            features = [{"name": "prefers-color-scheme", "value": self.scheme}]
            self._send("Emulation.setEmulatedMedia", self.session, features=features)
        if self.width:
            size = {"width": self.width, "height": 800, "deviceScaleFactor": 1, "mobile": self.width < 600}
            self._send("Emulation.setDeviceMetricsOverride", self.session, **size)
        self.go(self.url)
        return self

    def go(self, url: str) -> None:
        """Open another page in place of this one, whose complaints, also those still on their way, are forgotten."""
        with suppress(PageLeftError):
            self.evaluate("0")
        self.complaints.clear()
        self._send("Page.navigate", self.session, url=url)

    def leave(self) -> None:
        """Close the page, so that it asks its server for nothing more."""
        self._send("Page.navigate", self.session, url="about:blank")
        self.wait_for("location.href === 'about:blank'")

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._commands)
        os.close(self._answers)
        self.profile.cleanup()

    def evaluate(self, script: str) -> Any:
        """Return the value of `script`, awaited. Raises PageLeftError where another page came meanwhile."""
        found = self._send("Runtime.evaluate", self.session, expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 60.0) -> None:
        """Return when `condition` is true, of whatever page is there by then. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self._holds(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.evaluate(condition))
        except PageLeftError:
            return False

    def press(self, key: str, text: str = "") -> None:
        """Press a key, such as `Tab`, `Escape` or `Enter` (text: what it writes, "\\r" for Enter)."""
        code = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}.get(key, ord(key[0].upper()))
        for kind in ("keyDown", "keyUp"):
            self._send(
                "Input.dispatchKeyEvent", self.session, type=kind, key=key, windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )  # fmt: skip

    def write(self, text: str) -> None:
        """Type `text` where the focus is."""
        self._send("Input.insertText", self.session, text=text)

    def send(self, method: str, **parameters: Any) -> Any:
        """Send a command of the protocol to the page: keys, sizes, media."""
        return self._send(method, self.session, **parameters)

    def picture(self, path: Path, width: int = 1280) -> None:
        """Save the whole page as a PNG, so wide in CSS pixels."""
        height = self.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        found = self._send("Page.captureScreenshot", self.session, clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def _send(self, method: str, session: str = "", **parameters: Any) -> Any:
        self._number += 1
        message = {
            "id": self._number,
            "method": method,
            "params": parameters,
            **({"sessionId": session} if session else {}),
        }
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("method") in COMPLAINTS:
                self.complaints.append(answer["params"])
            if answer.get("id") == self._number:
                if any(word in str(answer.get("error", "")) for word in LEFT):
                    raise PageLeftError(answer)
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> bytes:
        while b"\0" not in self._buffer:
            data = os.read(self._answers, 1 << 16)
            assert data, "the browser ended"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        return line
