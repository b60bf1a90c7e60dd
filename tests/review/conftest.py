"""What tests of the review desk share: a small build, its page in a browser, and keys."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audiorole.testing.models import fake_models as offer_fakes
from audiorole.testing.series import tiny_build, write_series
from tests.chromium import Chromium
from tests.dataset.conftest import fake_models

__all__ = ["fake_models"]

TOKEN = "secret"
HEADERS = {"x-audiorole-token": TOKEN}


SETTINGS = ("curate.min_duration=0.1",)


@pytest.fixture(scope="session")
def first_builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two folders with `in` and a finished `out`, which tests get copies of."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("named", "nameless")}
    with offer_fakes():
        for name, settings in (("named", ()), ("nameless", ("name.use_cues=false",))):
            write_series(folders[name] / "in", episodes=2 if name == "named" else 4)
            tiny_build(folders[name] / "in", folders[name] / "out", *SETTINGS, *settings)
    return folders


@pytest.fixture
def out(first_builds: dict[str, Path], tmp_path: Path) -> Path:
    """A build in which the subtitles name everybody."""
    return Path(shutil.copytree(first_builds["named"], tmp_path / "named")) / "out"


@pytest.fixture
def nameless(first_builds: dict[str, Path], tmp_path: Path) -> Path:
    """A build that nobody named: voices are all there is to ask about."""
    return Path(shutil.copytree(first_builds["nameless"], tmp_path / "nameless")) / "out"


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """One browser for all tests; each goes to an address of its own."""
    with Chromium("about:blank") as page:
        yield page


@contextmanager
def served(session) -> Iterator[str]:
    """Serve a session's page; yields its address."""
    from audiorole.review.server import review_app
    from audiorole.web.serve import listening, server

    with listening(0) as held:
        running = server(review_app(session, TOKEN))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [held]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{held.getsockname()[1]}/?token={TOKEN}"
        finally:
            running.should_exit = True
            thread.join()


class Hands:
    """Somebody at the keyboard of a page."""

    def __init__(self, browser: Chromium, url: str = "") -> None:
        self.browser = browser
        if url:
            browser.go(url)
            browser.wait_for(f"location.href.startsWith({json.dumps(url)})")
        browser.wait_for("window.desk && desk.view && desk.settled()", 60)

    def ask(self, script: str):
        return self.browser.evaluate(script)

    def go(self, address: str, ready: str) -> None:
        self.ask(f"location.hash = {json.dumps(address)}")
        self.wait(ready)

    def wait(self, condition: str) -> None:
        self.browser.wait_for(condition, 60)

    def press(self, key: str, shift: bool = False) -> None:
        """Press a key on whatever has the focus, as a keyboard does."""
        code = f"Digit{key}" if key.isdigit() else ""
        text = key if len(key) == 1 else {"Enter": "\r", "Space": " "}.get(key, "")
        key = " " if key == "Space" else key
        modifiers = 8 if shift else 0
        more = {"text": text} if text and not (shift and key.isdigit()) else {}
        for kind in ("keyDown", "keyUp"):
            self.browser.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=code, modifiers=modifiers,
                windowsVirtualKeyCode={"Enter": 13, " ": 32, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38,
                    "ArrowLeft": 37, "ArrowRight": 39, "Delete": 46}.get(key, ord(key[0].upper())),
                **(more if kind == "keyDown" else {}),
            )  # fmt: skip

    def type(self, text: str) -> None:
        self.browser.send("Input.insertText", text=text)

    def decides(self, *keys: str, text: str = "", end: str = "") -> None:
        """Press keys, type a text, press another, and wait until the decision and what follows are on the page."""
        before = self.ask("desk.store.state.decisions")
        for key in keys:
            self.press(key)
        if text:
            self.type(text)
        if end:
            self.press(end)
        self.wait(f"desk.store.state.decisions > {before} && desk.settled()")
