"""What comes late to the chat page: a server asked twice, a microphone that is pressed again before it opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audiorole.testing.models import fake_models
from audiorole.testing.voices import ScriptedVoice
from tests.chromium import CHROMIUM, Chromium

from .pages import FAKE_EAR, READY, Served, microphone, tones
from .test_answering import SCRIPT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

SLOW_SERVER = """
const answer = window.fetch, slow = { "/characters": [900], "/alive": [300, 0] };
window.fetch = async (path, options) => {
  const wait = (slow[String(path).split("?")[0]] || []).shift() || 0;
  await new Promise((resolve) => setTimeout(resolve, wait));
  return answer(path, options);
};
"""

SLOW_MICROPHONE = """
window.streams = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await new Promise((resolve) => setTimeout(resolve, 400));
  const stream = await ask(wanted);
  window.streams.push(stream);
  return stream;
};
"""

LIVE = "streams.filter((stream) => stream.getTracks().some((track) => track.readyState === 'live')).length"
PRESSED = "document.getElementById('mic').getAttribute('aria-pressed') === 'true'"


@contextmanager
def prepared(served: Served, script: str, switches: list[str]) -> Iterator[Chromium]:
    """Open the chat in a browser that runs a script before those of the page."""
    with Chromium("about:blank", switches=switches) as page:
        page.send("Page.enable")
        page.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        page.go(served.address)
        page.wait_for(f"location.port === '{served.port}'", 30)
        yield page


def test_a_server_that_is_asked_twice_names_everybody_once() -> None:
    with Served(ScriptedVoice(SCRIPT)) as served, prepared(served, SLOW_SERVER, []) as page:
        page.wait_for("document.getElementById('who')", 30)
        for _ in range(3):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            page.evaluate("new Promise((resolve) => setTimeout(resolve, 250))")
        page.wait_for(READY, 30)
        page.evaluate("new Promise((resolve) => setTimeout(resolve, 1000))")
        names = page.evaluate("[...document.querySelectorAll('#who option')].map((option) => option.value)")
        assert sorted(names) == sorted(SCRIPT)
        assert page.evaluate("document.getElementById('lost').hidden")


@pytest.mark.parametrize(("presses", "open_at_last"), [(2, False), (3, True)])
def test_a_microphone_that_is_pressed_again_before_it_opens(presses: int, open_at_last: bool, tmp_path: Path) -> None:
    switches = microphone(tmp_path / "said.wav", tones("BEN", rate=48_000), 48_000)
    voice = ScriptedVoice(SCRIPT)
    with fake_models(), Served(voice, FAKE_EAR) as served, prepared(served, SLOW_MICROPHONE, switches) as page:
        page.wait_for(READY, 30)
        page.evaluate("document.getElementById('auto').checked = false")
        for _ in range(presses):
            page.evaluate("document.getElementById('mic').click()")
        asked = 2 if open_at_last else 1
        page.wait_for(f"streams.length === {asked}", 30)
        page.wait_for(f"{LIVE} === {int(open_at_last)} && {PRESSED} === {str(open_at_last).lower()}", 30)
        page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))")
        assert page.evaluate(f"[{LIVE}, {PRESSED}]") == [int(open_at_last), open_at_last]
