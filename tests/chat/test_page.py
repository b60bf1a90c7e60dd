"""The chat page in a browser: answers that begin early, several people and characters, the keyboard."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from audiorole.chat.retrieval import RetrievalVoice
from audiorole.testing.voices import ScriptedVoice
from tests.chromium import CHROMIUM, Chromium

from .pages import READY, TOKEN, Served
from .test_answering import NAMES, SCRIPT
from .test_chat import audio, lines

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

ASK = "document.getElementById('who').value = %s; document.getElementById('who').onchange(); %s"
SAY = "document.getElementById('text').value = %s; document.querySelector('button.send').click()"
STATES = (
    "[...document.querySelectorAll('.thread:not([hidden]) .them:last-of-type .part')].map((part) => part.dataset.state)"
)
ANSWER = "document.querySelector('.thread:not([hidden]) .them:last-of-type')"
WORDS = "[...document.querySelectorAll('.thread:not([hidden]) .words')].map((words) => words.textContent)"
PLAYERS = "[...document.querySelectorAll('audio')].map((player) => player.duration)"
NOTE = "document.getElementById('note').textContent"


def ask(page: Chromium, who: str, words: str) -> None:
    page.wait_for(READY, 30)
    page.evaluate(ASK % (json.dumps(who), SAY % json.dumps(words)))


def heard(page: Chromium) -> tuple[str, list[float]]:
    page.wait_for("[...document.querySelectorAll('audio')].some((player) => player.duration > 0)", 30)
    return page.evaluate("document.querySelector('.them span').textContent"), page.evaluate(PLAYERS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium("about:blank") as page:
        yield page


def opened(browser: Chromium, served: Served) -> Chromium:
    browser.go(served.address)
    browser.wait_for(f"location.port === '{served.port}' && {READY}", 30)
    return browser


def test_two_people_talk_and_each_hears_their_own_answer(browser: Chromium) -> None:
    with Served(RetrievalVoice(lines(), audio)) as served, Chromium(served.address) as two:
        one = opened(browser, served)
        ask(one, "show/Lola", "did you see a hat somewhere")
        ask(two, "show/Lola", "which way to the airport")
        assert heard(one) == ("Your hat is on your head, flyboy.", [pytest.approx(4000 / 16000, abs=0.01)])
        assert heard(two) == ("The airport is behind the hotel.", [pytest.approx(2000 / 16000, abs=0.01)])


def test_an_answer_is_heard_before_it_is_complete(browser: Chromium) -> None:
    voice = ScriptedVoice(SCRIPT, wait=threading.Event())
    with Served(voice) as served:
        page = opened(browser, served)
        ask(page, "Cid", "hello")
        page.wait_for(f"['playing', 'played'].includes({STATES}[0])", 30)
        assert (voice.made, page.evaluate(f"{ANSWER}.dataset.state")) == (["Cid one."], "answering")
        page.wait_for(f"{STATES}[0] === 'played'", 30)
        voice.wait.set()
        page.wait_for(f"{ANSWER}.dataset.state === 'complete' && document.getElementById('stop').hidden", 30)
        assert page.evaluate(STATES) == ["played"] * 3
        assert heard(page) == ("Cid one. Cid two. Cid three.", [pytest.approx(0.6, abs=0.01)])
        assert page.complaints == []


def test_stop_ends_the_answer_and_the_sound(browser: Chromium) -> None:
    voice = ScriptedVoice(SCRIPT, seconds=20, wait=threading.Event())
    with Served(voice) as served:
        page = opened(browser, served)
        ask(page, "Dot", "hello")
        page.wait_for(f"{STATES}[0] === 'playing'", 30)
        page.press("Escape")
        voice.wait.set()
        page.wait_for(f"{ANSWER}.dataset.state === 'stopped' && document.getElementById('stop').hidden", 30)
        assert page.evaluate(STATES) == ["played"]
        ask(page, "Dot", "again")
        page.wait_for(f"{STATES}.length === 3", 30)
        assert voice.closed == ["Dot"]
        assert page.evaluate(STATES) == ["playing", "waiting", "waiting"]


def test_six_characters_have_a_conversation_each(browser: Chromium) -> None:
    with Served(ScriptedVoice(SCRIPT, seconds=0.05)) as served:
        page = opened(browser, served)
        for name in NAMES:
            ask(page, name, f"hello {name}")
            page.wait_for(f"{ANSWER}?.dataset.state === 'complete'", 30)
        for name in NAMES:
            page.evaluate(ASK % (json.dumps(name), ""))
            assert page.evaluate(WORDS) == [f"hello {name}", " ".join(SCRIPT[name])]


def test_words_are_corrected_and_said_anew(browser: Chromium) -> None:
    voice = ScriptedVoice(SCRIPT, seconds=0.05)
    with Served(voice) as served:
        page = opened(browser, served)
        for words in ("helo", "and so on"):
            ask(page, "Ann", words)
            page.wait_for(f"{WORDS}.length % 2 === 0 && {ANSWER}?.dataset.state === 'complete'", 30)
        page.evaluate("document.querySelector('.you button').click()")
        assert page.evaluate("document.getElementById('text').value") == "helo"
        page.press("Escape")
        assert page.evaluate("document.getElementById('text').value") == ""
        page.evaluate(f"document.querySelector('.you button').click(); {SAY % json.dumps('hello')}")
        page.wait_for(f"{WORDS}.length === 2 && {ANSWER}?.dataset.state === 'complete'", 30)
        assert page.evaluate(WORDS) == ["hello", "Ann one. Ann two. Ann three."]
    assert [turn["text"] for turn in voice.asked[-1]] == ["hello"]


def test_the_keyboard_alone_is_enough(browser: Chromium) -> None:
    with Served(ScriptedVoice(SCRIPT, seconds=0.05)) as served:
        page = opened(browser, served)
        page.wait_for(READY, 30)
        page.wait_for("document.activeElement.id === 'text'", 30)
        page.write("hello")
        page.press("Enter", "\r")
        page.wait_for(f"{ANSWER}?.dataset.state === 'complete' && {PLAYERS}.length === 1", 30)
        reached = set()
        for _ in range(24):
            page.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert {"who", "text", "mic", "BUTTON", "AUDIO"} <= reached


def test_a_wrong_token_opens_nothing(browser: Chromium) -> None:
    with Served(ScriptedVoice(SCRIPT)) as served:
        browser.go(served.address.replace(TOKEN, "guess"))
        browser.wait_for("document.body && document.body.innerText.includes('carries the token')", 30)
        assert browser.evaluate("document.getElementById('who')") is None
