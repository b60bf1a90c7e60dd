import base64
import io
import json
import socket
import struct

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from audiorole.audio.marked import marked_wav
from audiorole.chat.retrieval import RetrievalVoice
from audiorole.chat.server import chat_app
from audiorole.chat.sessions import Sessions
from audiorole.errors import ConfigError
from audiorole.types import Naming, Place, Utterance
from audiorole.web.serve import listening

SCRIPT = [
    ("Joe", "Where is the airport?"),
    ("Lola", "The airport is behind the hotel."),
    ("Joe", "Have you seen my hat?"),
    ("Lola", "Your hat is on your head, flyboy."),
    ("Joe", "Thank you."),
    ("Gus", "Never mind the hat."),
    ("Gus", "Thank you, both of you."),
]


def lines():
    return [
        Utterance(
            id=f"show/s01e01/u{number:05d}",
            start=number,
            end=number + 1,
            text=text,
            naming=Naming(character=name, probability=1.0),
            place=Place(scene="c1", dialogue="d1", turn=number),
            split="train",
        )
        for number, (name, text) in enumerate(SCRIPT)
    ]


def audio(line):
    return np.full(1000 * (1 + int(line[-1])), int(line[-1]) / 10, np.float32)


@pytest.fixture
def speaker():
    return RetrievalVoice(lines(), audio)


@pytest.fixture
def client(speaker):
    return TestClient(chat_app(speaker, "secret", "a test"), base_url="http://127.0.0.1")


HEADERS = {"x-audiorole-token": "secret"}


def say(client, text, session="s", character="Lola", **more):
    body = {"session": session, "character": character, "text": text, **more}
    response = client.post("/say", json=body, headers=HEADERS)
    assert response.status_code == 200, response.text
    events = [json.loads(line) for line in response.text.splitlines()]
    assert events[0].keys() == {"place"}
    assert events[-1] == {"done": True}
    return [event for event in events if "text" in event]


def test_the_answer_is_the_line_whose_prompt_is_most_alike(client):
    (piece,) = say(client, "did you see a hat somewhere")
    assert piece["text"] == "Your hat is on your head, flyboy."
    samples = np.frombuffer(base64.b64decode(piece["samples"]), "<i2")
    assert len(samples) == 4000
    assert abs(samples[0] / 32767 - 0.3) < 1e-3


def test_an_answer_is_not_given_twice_while_there_is_another(client):
    first, second = (say(client, "my hat my hat")[0]["text"] for _ in range(2))
    assert first != second


def test_two_sessions_do_not_hear_each_other(client):
    say(client, "hat", session="one")
    assert say(client, "my hat?", session="two")[0]["text"] == "Your hat is on your head, flyboy."
    one, two, three, other = (saved(client, *who) for who in (("one",), ("two",), ("three",), ("one", "Joe")))
    assert len(one) == len(two) > 8000
    assert len(three) == len(other) < 1000


def saved(client, session, character="Lola"):
    return client.get(f"/answer/{session}.wav", params={"character": character}, headers=HEADERS).content


def test_without_the_token_there_is_nothing(client):
    for path in ("/", "/characters", "/alive", "/microphone-worklet.js", "/answer/s.wav"):
        assert client.get(path).status_code == 403
        assert client.get(path, params={"token": "wrong"}).status_code == 403
    for path in ("/say", "/stop", "/hear"):
        assert client.post(path, json={}).status_code == 403
    page = client.get("/", params={"token": "secret"})
    assert page.status_code == 200
    assert "secret" not in page.text


def test_another_host_name_is_refused(client):
    assert client.get("/", params={"token": "secret"}, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("fault", [None, RuntimeError("no weights")])
def test_a_page_that_opens_wakes_the_voice(speaker, fault):
    woken = []

    def wake():
        woken.append(1)
        if fault:
            raise fault

    speaker.wake = wake
    client = TestClient(chat_app(speaker, "secret", "a test"), base_url="http://127.0.0.1")
    assert client.get("/characters", headers=HEADERS).status_code == 200
    assert woken == [1]
    assert say(client, "my hat?")


def test_characters_with_most_lines_come_first(client):
    found = client.get("/characters", headers=HEADERS).json()
    assert (sorted(found["characters"]), found["sample_rate"]) == (["show/Gus", "show/Joe", "show/Lola"], 16_000)
    assert found["names"] == {f"show/{name}": name for name in ("Gus", "Joe", "Lola")}


@pytest.mark.parametrize(
    "body",
    [
        {"session": "s", "character": "Nobody", "text": "hi"},
        {"session": "s", "character": "Lola", "text": "  "},
        {"session": "s", "character": "Lola", "text": "a" * 10_001},
        {"session": "s", "character": "Lola"},
        {"session": "s", "character": "Lola", "text": None},
        {"session": "s", "character": "Lola", "text": ["hi"]},
        {"session": "s", "character": "Lola", "text": "hi \ud800"},
        {"session": "s", "character": "Lola \udfff", "text": "hi"},
        {"session": "s", "character": "Lola", "text": "hi", "place": -1},
        {"session": "s", "character": "Lola", "text": "hi", "place": "0"},
        {"session": "s" * 65, "character": "Lola", "text": "hi"},
        {"session": "", "character": "Lola", "text": "hi"},
        {"session": 1, "character": "Lola", "text": "hi"},
        {"character": "Lola", "text": "hi"},
        [],
    ],
)
def test_what_cannot_be_answered_is_said(client, body):
    response = client.post("/say", content=json.dumps(body), headers=HEADERS)
    assert response.status_code == 400
    assert "Not understood" in response.json()["error"]


def test_a_saved_answer_says_that_it_is_synthetic():
    wav = marked_wav(np.array([0, 0.5, -1], np.float32), 22_050, "generated by glm-4-voice@run")
    assert wav[:4] == b"RIFF"
    assert struct.unpack("<I", wav[4:8])[0] == len(wav) - 8
    assert b"ICMT" in wav
    assert b"generated by glm-4-voice@run\0" in wav
    assert soundfile.info(io.BytesIO(wav)).subtype == "PCM_16"
    with soundfile.SoundFile(io.BytesIO(wav)) as file:
        assert (file.comment, file.samplerate, file.channels) == ("generated by glm-4-voice@run", 22_050, 1)
        assert np.abs(file.read() - [0, 0.5, -1]).max() < 1e-4


def test_a_saved_answer_is_clipped_and_its_mark_may_be_of_any_script():
    wav = marked_wav(np.array([1.5, -1.5], np.float32), 16_000, "vytvořil model — 合成")
    with soundfile.SoundFile(io.BytesIO(wav)) as file:
        assert file.comment == "vytvořil model — 合成"
        assert np.abs(file.read() - [1, -1]).max() < 1e-4


def test_old_sessions_are_forgotten():
    sessions = Sessions(limit=2)
    first = sessions.of("a", "Joe")
    assert sessions.of("a", "Joe") is first
    sessions.of("b", "Joe"), sessions.of("a", "Joe"), sessions.of("a", "Lola")
    assert sessions.of("a", "Joe") is first
    sessions.of("b", "Joe"), sessions.of("c", "Joe")
    assert sessions.of("a", "Joe") is not first


def test_an_answer_of_several_lines_comes_line_by_line(client):
    parts = say(client, "Where is the airport? Have you seen my hat? Thank you.", character="Gus")
    assert [part["text"] for part in parts] == ["Never mind the hat.", " Thank you, both of you."]


def test_a_dataset_without_conversations_is_refused():
    with pytest.raises(ConfigError, match="nothing to talk with"):
        RetrievalVoice(lines()[:1], audio)


def test_the_port_is_held_before_the_address_is_told():
    with listening(0) as held:
        port = held.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()  # it answers already
        with pytest.raises(ConfigError, match="--port 0"), listening(port):
            pass
