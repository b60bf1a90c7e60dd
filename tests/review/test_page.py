"""The review page in a browser: answers by click and by key, merge, split, rename, undo; what follows is shown."""

from __future__ import annotations

import json
import threading
import time

import pytest
import uvicorn

from audiorole.dataset.names.identity import read_identities
from audiorole.review.server import review_app
from audiorole.review.session import ReviewSession
from audiorole.testing.series import tiny_build, write_series
from tests.chromium import CHROMIUM, Chromium
from tests.dataset.conftest import fake_models

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
__all__ = ["fake_models"]  # a fixture that applies to every test here

PRESS = "document.dispatchEvent(new KeyboardEvent('keydown', {key: %s, bubbles: true}))"
READY = "state && !document.body.classList.contains('busy')"


@pytest.fixture
def out(tmp_path):
    """A build that nobody named: voices are all there is to ask about."""
    write_series(tmp_path / "in", episodes=4)
    tiny_build(tmp_path / "in", tmp_path / "out", "name.use_cues=false")
    return tmp_path / "out"


@pytest.fixture
def page(out):
    app = review_app(ReviewSession(out), "secret")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with Chromium(f"http://127.0.0.1:{port}/?token=secret") as browser:
        browser.wait_for("typeof state !== 'undefined' && state !== null", 30)
        yield browser
    server.should_exit = True
    thread.join()


def act(page, script):
    """Do something that decides, and wait until its answer is on the page."""
    before = page.evaluate("state.decisions")
    page.evaluate(script)
    page.wait_for(f"state.decisions > {before} && {READY}", 30)


def press(key):
    return PRESS % json.dumps(key)


def named(page, value):
    act(page, f"byId('other').value = {json.dumps(value)}; document.querySelector('[data-key=r]').click()")


def test_a_voice_is_named_by_click_and_the_next_by_key(page, out):
    first = page.evaluate("item.subject")
    assert page.evaluate("item.kind") == "voice"
    named(page, "Anna")
    assert read_identities(out).character == {first: "Anna"}
    assert page.evaluate("state.names") == ["Anna"]
    asked = page.evaluate("[item.kind, item.subject, item.candidates[0].name]")
    act(page, press("Enter"))
    state = read_identities(out)
    assert {**state.character, **state.label}[asked[1]] == asked[2]
    act(page, press("u"))
    assert read_identities(out).character == {first: "Anna"}


def test_a_voice_is_merged_into_another(page, out):
    subject = page.evaluate("item.subject")
    into = page.evaluate("byId('into').value = [...byId('into').options].at(-1).value")
    act(page, press("m"))
    assert read_identities(out).voice == {subject: into}
    assert subject not in page.evaluate("state.voices.map((voice) => voice.voice)")


def test_ticked_lines_are_split_off_and_nothing_ticked_says_so(page, out):
    subject = page.evaluate("item.subject")
    page.evaluate(press("s"))
    assert "Tick the lines" in page.evaluate("byId('note').textContent")
    line = page.evaluate(
        "(() => { const box = document.querySelector('#card input'); box.click(); return box.value; })()"
    )
    act(page, press("s"))
    state = read_identities(out)
    assert state.moved == {line: subject + "b"}
    assert line not in state.stays
    assert set(state.stays.values()) == {subject}
    assert subject + "b" in page.evaluate("state.voices.map((voice) => voice.voice)")


def test_a_name_goes_to_the_lines_that_are_not_ticked(page, out):
    subject, first = page.evaluate("[item.subject, item.lines[0].id]")
    line = page.evaluate(
        "(() => { const box = document.querySelector('#card input'); box.click(); return box.value; })()"
    )
    page.evaluate("byId('other').value = 'Anna'; document.querySelector('[data-key=r]').click()")
    page.wait_for(f"state.decisions == 2 && {READY}", 30)
    state = read_identities(out)
    assert (state.character, state.moved) == ({subject: "Anna"}, {line: subject + "b"})
    assert state.heard[first] == subject
    assert line not in state.heard


def test_someone_else_skip_rename_and_undo(page, out):
    first = page.evaluate("item.subject")
    page.evaluate(press("n"))
    second = page.evaluate("item.subject")
    assert second != first
    act(page, press("e"))
    assert read_identities(out).character == {second: ""}
    named(page, "Ben")
    act(page, "byId('old').value = 'Ben'; byId('new').value = 'Benjamin'; byId('rename').click()")
    assert "Benjamin" in page.evaluate("state.names")
    act(page, "byId('undo').click()")
    assert page.evaluate("state.names") == ["Ben"]
