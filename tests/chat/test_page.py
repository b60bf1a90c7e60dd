"""The chat page in a browser: characters, typed words, speech that is heard; several people at once; a wrong token."""

from __future__ import annotations

import json
import threading
import time

import pytest
import uvicorn

from audiorole.chat.retrieval import RetrievalVoice
from audiorole.chat.server import chat_app
from tests.chat.test_chat import audio, lines
from tests.chromium import CHROMIUM, Chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

ASK = """
(() => {
  document.getElementById("who").value = "show/Lola";
  document.getElementById("text").value = %s;
  document.querySelector("button.send").click();
})()
"""
PLAYERS = 'JSON.stringify([...document.querySelectorAll("audio")].map((player) => player.duration))'


@pytest.fixture(scope="module")
def address():
    app = chat_app(RetrievalVoice(lines(), audio), "secret", "a test")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def ask(page, words):
    page.wait_for("document.querySelectorAll('#who option').length == 2", 30)
    page.evaluate(ASK % json.dumps(words))


def heard(page):
    page.wait_for("[...document.querySelectorAll('audio')].some((player) => player.duration > 0)", 30)
    return page.evaluate("document.querySelector('.them span').textContent"), json.loads(page.evaluate(PLAYERS))


def test_two_people_talk_and_each_hears_their_own_answer(address):
    url = f"{address}/?token=secret"
    with Chromium(url) as one, Chromium(url) as two:
        ask(one, "did you see a hat somewhere")
        ask(two, "which way to the airport")
        assert heard(one) == ("Your hat is on your head, flyboy.", [pytest.approx(4000 / 16000, abs=0.01)])
        assert heard(two) == ("The airport is behind the hotel.", [pytest.approx(2000 / 16000, abs=0.01)])


def test_a_wrong_token_opens_nothing(address):
    with Chromium(f"{address}/?token=guess") as page:
        page.wait_for("document.body && document.body.innerText.length > 0", 30)
        assert "carries the token" in page.evaluate("document.body.innerText")
        assert page.evaluate("document.getElementById('who')") is None
