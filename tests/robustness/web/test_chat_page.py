"""The chat page in a browser when things go wrong: a server that ends, long words and texts, a broken answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from audiorole.testing.voices import ScriptedVoice
from tests.chat.pages import READY, Served
from tests.chromium import CHROMIUM, Chromium

from .conftest import Parrot

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

NOTE = "document.getElementById('note').textContent"
LOST = "document.getElementById('lost')"
SAY = "document.getElementById('text').value = %s; document.querySelector('button.send').click()"
LAST = "[...document.querySelectorAll('.them span')].at(-1)?.textContent"


class Breaking(Parrot):
    def stream(self, turns: Any, character: str, seed: int) -> Any:
        yield from super().stream([{"text": "Well"}], character, seed)
        raise RuntimeError("out of memory")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium("about:blank", width=420) as page:
        yield page


def opened(browser: Chromium, served: Served) -> Chromium:
    browser.go(served.address)
    browser.wait_for(f"location.port === '{served.port}' && {READY}", 30)
    return browser


def test_a_server_that_ends_is_told_without_being_asked_and_found_again(browser: Chromium) -> None:
    with Served(Parrot()) as served:
        page = opened(browser, served)
        served.end()
        page.wait_for(f"!{LOST}.hidden", 30)
        assert "the server has ended or cannot be reached. Trying again…" in page.evaluate(f"{LOST}.textContent")
        page.evaluate(SAY % json.dumps("are you there?"))
        page.wait_for(f"{LAST} === '(no answer)'", 30)
        page.wait_for("document.getElementById('text').value === 'are you there?'", 30)
        served.again()
        page.wait_for(f"{LOST}.hidden && {NOTE} === 'The server is back.'", 30)
        page.evaluate("document.querySelector('button.send').click()")
        page.wait_for(f"{LAST} === 'are you there?'", 30)


def test_a_server_that_ends_in_the_middle_of_an_answer_is_told(browser: Chromium) -> None:
    voice = ScriptedVoice({"Joe": ["Well.", "I never!"]}, wait=threading.Event())
    with Served(voice) as served:
        page = opened(browser, served)
        page.evaluate(SAY % json.dumps("hi"))
        page.wait_for(f"{LAST} === 'Well.'", 30)
        threading.Timer(0.5, voice.wait.set).start()  # type: ignore[union-attr]
        served.end()
        page.wait_for(f"!{LOST}.hidden && document.getElementById('stop').hidden", 30)


def test_a_server_that_was_started_anew_says_where_to_go(browser: Chromium) -> None:
    with Served(Parrot()) as served:
        page = opened(browser, served)
        served.end()
        served.app.token = "another"
        served.again()
        page.wait_for(f"{LOST}.textContent.includes('open the address that audiorole chat printed')", 30)


def test_an_answer_that_breaks_off_is_told(browser: Chromium) -> None:
    with Served(Breaking()) as served:
        page = opened(browser, served)
        page.evaluate(SAY % json.dumps("hi"))
        page.wait_for(f"{NOTE} !== ''", 30)
        assert page.evaluate(NOTE) == "The answer broke off: RuntimeError: out of memory"
        assert page.evaluate(LAST) == "Well"


LONG = {
    "letters": "a" * 3000,
    "words": "word " * 1900,
    "lines": "a\n" * 1000,
    "no spaces": "https://x.example/" + "%20" * 900,
}


@pytest.mark.parametrize("kind", LONG)
def test_endless_words_do_not_widen_the_page(browser: Chromium, kind: str) -> None:
    words = LONG[kind]
    with Served(Parrot()) as served:
        page = opened(browser, served)
        page.evaluate(f"document.getElementById('text').value = {json.dumps(words)}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.getElementById('form').offsetHeight < innerHeight")
        page.evaluate(SAY % json.dumps(words))
        page.wait_for(f"({LAST} || '').length >= {len(words.strip())}", 30)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []


def test_more_letters_than_a_turn_may_have_are_told_and_kept(browser: Chromium) -> None:
    with Served(Parrot()) as served:
        page = opened(browser, served)
        page.evaluate(SAY % json.dumps("a" * 10_001))
        page.wait_for(f"{NOTE}.includes('at most 10,000 letters')", 30)
        assert page.evaluate("document.getElementById('text').value.length") == 10_001
        assert page.evaluate(LAST) is None


def test_a_long_name_does_not_widen_the_page(browser: Chromium) -> None:
    name = "Mr. " + "Wolfeschlegelsteinhausenbergerdorff " * 8
    with Served(ScriptedVoice({name: ["Yes?"]}, seconds=0.05)) as served:
        page = opened(browser, served)
        page.evaluate(SAY % json.dumps("hi"))
        page.wait_for(f"{LAST} === 'Yes?'", 30)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
