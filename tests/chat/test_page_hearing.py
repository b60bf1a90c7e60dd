"""The chat page's microphone in a browser: a WAV is spoken, understood, answered; where there is none, it says so."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from audiorole.chat.hearing import Ear
from audiorole.chat.retrieval import RetrievalVoice
from audiorole.chat.speaker import Speaker
from audiorole.testing.models import fake_models
from audiorole.testing.voices import ScriptedVoice
from tests.chromium import CHROMIUM, Chromium

from .pages import FAKE_EAR, READY, Served, microphone, spoken, tones
from .test_chat import audio, lines
from .test_page import ANSWER, NOTE, SAY, STATES, WORDS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

SCRIPT = {"Lola": ["Is that so?", "I had no idea."]}
PRESS = "document.getElementById('mic').click()"
STATE = "document.getElementById('state').textContent"
FIELD = "document.getElementById('text').value"
LISTENING = f"{STATE} === 'Listening…' || {STATE} === 'Hearing you…'"


@pytest.fixture(autouse=True)
def _models():
    with fake_models():
        yield


def retrieval() -> Speaker:
    return RetrievalVoice(lines(), audio)


def script() -> Speaker:
    return ScriptedVoice(SCRIPT, wait=threading.Event())


@pytest.mark.parametrize(("make", "who"), [(retrieval, "show/Lola"), (script, "Lola")])
def test_what_is_spoken_is_understood_and_answered_early(make, who: str, tmp_path: Path) -> None:
    voice = make()
    switches = microphone(tmp_path / "said.wav", tones("ANNA", "CORA", rate=48_000), 48_000)
    with Served(voice, FAKE_EAR) as served, Chromium(served.address, switches=switches) as page:
        page.wait_for(READY, 30)
        page.evaluate(f"document.getElementById('who').value = '{who}'; {PRESS}")
        page.wait_for(f"{ANSWER}?.querySelector('.part')", 60)
        assert page.evaluate(WORDS)[0] == "anna cora"
        if isinstance(voice, ScriptedVoice):
            page.wait_for(f"['playing', 'played'].includes({STATES}[0])", 30)
            assert (voice.made, page.evaluate(f"{ANSWER}.dataset.state")) == (["Is that so?"], "answering")
            assert len(voice.asked[0][0]["audio"]) > 16_000, "the sound did not come along"
            voice.wait.set()
        page.wait_for(f"{ANSWER}.dataset.state === 'complete' && ({LISTENING})", 30)
        page.evaluate(PRESS)
        page.wait_for("document.getElementById('mic').getAttribute('aria-pressed') === 'false'", 30)
        assert page.evaluate(NOTE) == ""
        assert page.complaints == []


def test_heard_words_wait_where_they_can_be_mended(tmp_path: Path) -> None:
    voice = ScriptedVoice(SCRIPT)
    switches = microphone(tmp_path / "said.wav", tones("BEN", rate=48_000), 48_000)
    with Served(voice, FAKE_EAR) as served, Chromium(served.address, switches=switches) as page:
        page.wait_for(READY, 30)
        page.evaluate(f"document.getElementById('auto').checked = false; {PRESS}")
        page.wait_for(f"{FIELD} === 'ben'", 30)
        page.evaluate(PRESS)
        page.evaluate(SAY % json.dumps("Ben, is it you?"))
        page.wait_for(f"{ANSWER}?.dataset.state === 'complete'", 30)
    assert voice.asked[0][0]["text"] == "Ben, is it you?"
    assert len(voice.asked[0][0]["audio"]) == 0, "words that were mended are not what was spoken"


NOBODY = Ear("missing", "", "fake")
INSECURE = ["--host-resolver-rules=MAP chat.example 127.0.0.1"]
DENIED = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]


@pytest.mark.parametrize(
    ("switches", "host", "ear", "said"),
    [
        ([], "127.0.0.1", FAKE_EAR, "No microphone is connected"),
        (DENIED, "127.0.0.1", FAKE_EAR, "does not let this page use the microphone"),
        (INSECURE, "chat.example", FAKE_EAR, "only to pages from this machine or over https"),
        ([], "127.0.0.1", None, "Nobody listens here, so type."),
    ],
)
def test_without_a_microphone_it_is_a_sentence_and_words_are_typed(switches, host, ear, said) -> None:
    served = Served(ScriptedVoice(SCRIPT, seconds=0.05), ear)
    with served, Chromium(served.address.replace("127.0.0.1", host), switches=switches) as page:
        page.wait_for(READY, 30)
        if switches != DENIED:
            page.wait_for(f"{STATE}.includes({json.dumps(said)})", 30)
        page.evaluate(PRESS)
        page.wait_for(f"{NOTE}.includes({json.dumps(said)})", 30)
        page.evaluate(SAY % json.dumps("hello"))
        page.wait_for(f"{ANSWER}?.dataset.state === 'complete'", 30)
        assert page.evaluate(WORDS) == ["hello", "Is that so? I had no idea."]
        assert page.evaluate(NOTE) == ""


@pytest.mark.models
def test_real_speech_is_understood_in_the_page(tmp_path: Path) -> None:
    ear = Ear(language="en")
    if ear.problem:
        pytest.skip(ear.problem)
    sound, rate = spoken("s01e01/l002")
    switches = microphone(tmp_path / "said.wav", np.concatenate([np.zeros(rate, np.float32), sound]), rate)
    voice = ScriptedVoice(SCRIPT, seconds=0.05)
    with Served(voice, ear) as served, Chromium(served.address, switches=switches) as page:
        page.wait_for(READY, 30)
        page.evaluate(PRESS)
        page.wait_for(f"{ANSWER}?.dataset.state === 'complete'", 60)
        assert "lost property office" in page.evaluate(WORDS)[0].casefold()
