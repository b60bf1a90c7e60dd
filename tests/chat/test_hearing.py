"""Phrases out of a microphone's blocks: pauses end them, whatever the rate and however the sound is cut."""

from __future__ import annotations

import numpy as np
import pytest
from starlette.testclient import TestClient

from audiorole.chat.hearing import LONGEST_PHRASE, SAMPLE_RATE, Ear, Microphone
from audiorole.chat.server import chat_app
from audiorole.errors import UnknownNameError
from audiorole.testing.models import fake_models
from audiorole.testing.voices import ScriptedVoice

from .pages import FAKE_EAR, spoken, tones


@pytest.fixture(autouse=True)
def _models():
    with fake_models():
        yield


def heard(sound: np.ndarray, rate: int = SAMPLE_RATE, block: float = 0.25) -> tuple[list[str], Microphone]:
    microphone, size = Microphone(FAKE_EAR), int(block * rate)
    found = [microphone.take(sound[at : at + size], rate) for at in range(0, len(sound), size)]
    return [text for text in found if text], microphone


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("block", [0.011, 0.1, 0.25, 7.0])
def test_a_pause_ends_a_phrase(rate, block):
    if block == 7.0:
        sounds = [tones("ANNA", rate=rate, pause=0.7), tones("CORA", rate=rate, pause=0.7)]
        found = [text for sound in sounds for text in heard(sound, rate, block)[0]]
    else:
        found = heard(tones("ANNA", "CORA", rate=rate), rate, block)[0]
    assert found == ["anna", "cora"]


def test_a_short_pause_does_not():
    assert heard(tones("BEN", "BEN", pause=0.3))[0] == []
    assert heard(np.concatenate([tones("BEN", "BEN", pause=0.3), np.zeros(16_000, np.float32)]))[0] == ["ben"]


def test_what_is_said_when_the_microphone_closes_is_heard():
    sound = tones("BEN")[: int(1.5 * SAMPLE_RATE)]
    found, microphone = heard(sound)
    assert found == []
    assert microphone.speaking
    assert microphone.take(np.zeros(0, np.float32), SAMPLE_RATE, last=True) == "ben"
    assert not microphone.speaking


def test_silence_and_clicks_are_no_phrase():
    click = np.zeros(3 * SAMPLE_RATE, np.float32)
    click[20_000:20_100] = 1
    for sound in (np.zeros(3 * SAMPLE_RATE, np.float32), click):
        found, microphone = heard(sound)
        assert found == []
        assert microphone.take(np.zeros(0, np.float32), SAMPLE_RATE, last=True) == ""
        assert microphone.quiet > 1


def test_silence_is_not_kept():
    microphone = Microphone(FAKE_EAR)
    for _ in range(100):
        microphone.take(np.zeros(4000, np.float32), SAMPLE_RATE)
    assert len(microphone._sound) < SAMPLE_RATE


def test_whoever_never_pauses_is_heard_too():
    endless = tones("BEN", seconds=2.5 * LONGEST_PHRASE, pause=0)
    found, microphone = heard(endless)
    assert found == ["ben", "ben"]
    assert len(microphone._sound) <= LONGEST_PHRASE * SAMPLE_RATE


def test_the_sound_of_words_goes_along_unless_they_were_corrected():
    for said, seconds in (("anna cora", True), ("  anna   cora ", True), ("Anna Cora", False), ("anna", False)):
        _, microphone = heard(tones("ANNA", "CORA"))
        assert (len(microphone.said(said)) > SAMPLE_RATE) is seconds
        assert len(microphone.said("anna cora")) == 0, "it was not forgotten"


def test_an_ear_without_its_weights_says_which(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path))
    monkeypatch.delenv("AUDIOROLE_MODELS_DIR", raising=False)
    assert Ear().problem.endswith("Run: audiorole models pull whisper-base")
    assert FAKE_EAR.problem == ""
    with pytest.raises(UnknownNameError, match="Did you mean 'whisper'"):
        assert Ear("wisper").problem


def test_the_page_is_told_what_the_ear_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path))
    client = TestClient(
        chat_app(ScriptedVoice({"Ann": ["Yes."]}), "secret", "a test", Ear()), base_url="http://127.0.0.1"
    )
    headers = {"x-audiorole-token": "secret"}
    assert "whisper-base" in client.get("/characters", headers=headers).json()["deaf"]
    refused = client.post("/hear?session=s&rate=16000", content=b"\0\0", headers=headers)
    assert (refused.status_code, "whisper-base" in refused.json()["error"]) == (409, True)


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ("session=s&rate=7999", b""),
        ("session=s&rate=192001", b""),
        ("session=s&rate=x", b""),
        ("session=s&rate=-16000", b""),
        ("session=s", b""),
        ("rate=16000", b"\0\0"),
        ("session=s&rate=16000", b"\0"),
        ("session=s&rate=16000", b"\0\0" * 16_000 * 21),
    ],
)
def test_what_is_no_sound_is_refused_with_a_sentence(query, content):
    client = TestClient(
        chat_app(ScriptedVoice({"Ann": ["Yes."]}), "t", "a test", FAKE_EAR), base_url="http://127.0.0.1"
    )
    refused = client.post(f"/hear?{query}", content=content, headers={"x-audiorole-token": "t"})
    assert refused.status_code == 400
    assert "Not understood" in refused.json()["error"]


@pytest.mark.models
def test_real_speech_is_understood_phrase_by_phrase():
    ear = Ear(language="en")
    if ear.problem:
        pytest.skip(ear.problem)
    microphone = Microphone(ear)
    sound, rate = spoken("s01e01/l002", "s01e01/l003")
    blocks = np.array_split(np.concatenate([sound, np.zeros(rate, np.float32)]), 40)
    found = [text for block in blocks if (text := microphone.take(block, rate))]
    assert any("lost property office" in text.casefold() for text in found)
    assert any("bucket" in text.casefold() for text in found)
