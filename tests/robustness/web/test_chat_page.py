"""The chat page in a browser when things go wrong: a server that ends, no microphone, long words, a broken answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from audiorole.chat.server import chat_app
from audiorole.web.serve import listening, server
from tests.chromium import CHROMIUM, Chromium

from .conftest import TOKEN, Parrot

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

READY = "document.querySelectorAll('#who option').length > 0"
NOTE = "document.getElementById('note').textContent"
SAY = "document.getElementById('text').value = %s; document.querySelector('button.send').click()"
LAST = "[...document.querySelectorAll('.them span')].at(-1)?.textContent"


class Deaf(Parrot):
    hears = False


class Breaking(Parrot):
    def stream(self, turns: Any, character: str, seed: int) -> Any:
        yield from super().stream([{"text": "Well"}], character, seed)
        raise RuntimeError("out of memory")


class Place:
    """A page that is served until it is ended."""

    def __init__(self, speaker: Any) -> None:
        self.held = listening(0)
        socket = self.held.__enter__()
        self.address = f"http://127.0.0.1:{socket.getsockname()[1]}/?token={TOKEN}"
        self.server: uvicorn.Server = server(chat_app(speaker, TOKEN, "a test"))
        self.thread = threading.Thread(target=self.server.run, args=([socket],))
        self.thread.start()

    def end(self) -> None:
        self.server.should_exit = self.server.force_exit = True
        self.thread.join()
        self.held.__exit__(None, None, None)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    made = Place(request.param())
    yield made
    if made.thread.is_alive():
        made.end()


@pytest.mark.parametrize("place", [Parrot], indirect=True)
def test_a_server_that_ends_is_told(place: Place) -> None:
    with Chromium(place.address) as page:
        page.wait_for(READY, 30)
        place.end()
        page.evaluate(SAY % json.dumps("are you there?"))
        page.wait_for(f"{NOTE} !== ''", 30)
        assert "the server has ended" in page.evaluate(NOTE)
        assert page.evaluate(LAST) == "(no answer)"


@pytest.mark.parametrize("place", [Breaking], indirect=True)
def test_an_answer_that_breaks_off_is_told(place: Place) -> None:
    with Chromium(place.address) as page:
        page.wait_for(READY, 30)
        page.evaluate(SAY % json.dumps("hi"))
        page.wait_for(f"{NOTE} !== ''", 30)
        assert page.evaluate(NOTE) == "The answer broke off: RuntimeError: out of memory"
        assert page.evaluate(LAST) == "Well"


@pytest.mark.parametrize("place", [Parrot], indirect=True)
def test_no_microphone_is_told(place: Place) -> None:
    with Chromium(place.address) as page:
        page.wait_for(READY, 30)
        assert page.evaluate("document.getElementById('mic').hidden") is False
        page.evaluate("document.getElementById('mic').click()")
        page.wait_for(f"{NOTE} !== ''", 30)
        assert "microphone" in page.evaluate(NOTE)


@pytest.mark.parametrize("place", [Deaf], indirect=True)
def test_retrieval_offers_no_microphone(place: Place) -> None:
    with Chromium(place.address) as page:
        page.wait_for(READY, 30)
        page.wait_for("document.getElementById('mic').hidden", 30)
        assert "it cannot hear" in page.evaluate("document.getElementById('talk').dataset.empty")


@pytest.mark.parametrize("place", [Parrot], indirect=True)
def test_endless_words_do_not_widen_the_page(place: Place) -> None:
    with Chromium(place.address) as page:
        page.wait_for(READY, 30)
        page.evaluate(SAY % json.dumps("a" * 3000))
        page.wait_for(f"({LAST} || '').length >= 3000", 30)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []
