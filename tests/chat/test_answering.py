"""Answers on their way: sentence by sentence, in turns, stopped and corrected; over real connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

from audiorole.chat import floor
from audiorole.chat.sessions import MOST_TURNS, TURNS_WITH_SOUND, Conversation
from audiorole.chat.speaker import join_parts
from audiorole.testing.systems import echo, failing, mute, scripted
from audiorole.testing.voices import RespondingVoice, ScriptedVoice

from .pages import TOKEN, Served

NAMES = ["Ann", "Bea", "Cid", "Dot", "Eve", "Fay"]
SCRIPT = {name: [f"{name} one.", f"{name} two.", f"{name} three."] for name in NAMES}
HEADERS = {"x-audiorole-token": TOKEN}


@contextmanager
def asked(served: Served, session: str, character: str, **more: object) -> Iterator[Iterator[dict[str, object]]]:
    """Ask, and give the events as they come."""
    body = {"session": session, "character": character, "text": "hello", **more}
    with httpx.stream("POST", f"http://127.0.0.1:{served.port}/say", json=body, headers=HEADERS, timeout=120) as answer:
        assert answer.status_code == 200, answer.read()
        yield (json.loads(line) for line in answer.iter_lines())


def text(events: Iterator[dict[str, object]]) -> str:
    return "".join(str(event.get("text", "")) for event in events)


def post(served: Served, path: str, **body: object) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{served.port}{path}", json=body, headers=HEADERS, timeout=30)


def until(condition) -> None:
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise TimeoutError


def test_a_sentence_is_sent_before_the_next_is_made():
    voice = ScriptedVoice(SCRIPT, wait=threading.Event())
    with Served(voice) as served, asked(served, "s", "Ann") as events:
        assert next(events) == {"place": 0}
        first = next(events)
        assert first["text"] == "Ann one."
        assert len(str(first["samples"])) > 1000
        assert voice.made == ["Ann one."]
        voice.wait.set()
        assert text(events) == " Ann two. Ann three."


def test_two_people_are_answered_in_turn():
    voice = ScriptedVoice(SCRIPT, wait=threading.Event())
    with Served(voice) as served, asked(served, "s", "Ann") as one:
        next(one), next(one)
        with asked(served, "t", "Bea") as two:
            assert [next(two), next(two)] == [{"place": 0}, {"waiting": 1}]
            voice.wait.set()
            assert text(two) == "Bea one. Bea two. Bea three."
        assert text(one) == " Ann two. Ann three."
    assert voice.made.index("Bea one.") < voice.made.index("Ann three."), "one waited for the other's whole answer"


def test_six_characters_at_once_stay_apart():
    voice = ScriptedVoice(SCRIPT, seconds=0.01)
    found: dict[tuple[str, str], str] = {}

    def talk(session: str, name: str) -> None:
        for _ in range(3):
            with asked(served, session, name) as events:
                found[session, name] = text(events)

    with Served(voice) as served:
        threads = [threading.Thread(target=talk, args=(session, name)) for session in "st" for name in NAMES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {(session, name): " ".join(SCRIPT[name]) for session in "st" for name in NAMES}
    for turns in voice.asked:
        others = {turn["character"] for turn in turns} - {"you"}
        assert len(others) <= 1, "somebody heard another's conversation"
        assert len(turns) in (1, 3, 5)


@pytest.mark.parametrize("how", ["the page has gone", "stop", "said anew"])
def test_an_answer_that_nobody_wants_is_not_made(how):
    voice = ScriptedVoice(SCRIPT, wait=threading.Event())
    with Served(voice) as served:
        with asked(served, "s", "Ann") as events:
            next(events), next(events)
            if how == "stop":
                assert post(served, "/stop", session="s", character="Ann").status_code == 204
            if how == "said anew":
                again = threading.Thread(target=post, args=(served, "/say"), kwargs=ann(text="again"))
                again.start()
                until(lambda: served.sessions.of("s", "Ann").asked == 2)
            if how != "the page has gone":
                voice.wait.set()
                assert {"done": True} not in list(events)
        voice.wait.set()
        until(lambda: voice.closed == ["Ann"])
        if how == "said anew":
            again.join()
        assert voice.made.count("Ann three.") == (how == "said anew")
        with asked(served, "s", "Ann") as events:
            assert text(events) == "Ann one. Ann two. Ann three."
    assert [turn["text"] for turn in voice.asked[-1]][:2] == ["hello", "Ann one. Ann two."], "what was said is kept"


def ann(**more: object) -> dict[str, object]:
    return {"session": "s", "character": "Ann", **more}


def test_what_was_said_wrongly_is_said_anew():
    voice = ScriptedVoice(SCRIPT, seconds=0.01)
    with Served(voice) as served:
        for words, more in (("one", {}), ("two", {}), ("three", {"place": 2}), ("four", {"place": 0})):
            with asked(served, "s", "Ann", **{"text": words, **more}) as events:
                assert next(events) == {"place": {"one": 0, "two": 2, "three": 2, "four": 0}[words]}
                text(events)
    said = [[turn["text"] for turn in turns if turn["character"] == "you"] for turns in voice.asked]
    assert said == [["one"], ["one", "two"], ["one", "three"], ["four"]]


def test_too_many_are_told_so(monkeypatch):
    monkeypatch.setattr(floor.Floor.__init__, "__defaults__", (1,))
    voice = ScriptedVoice(SCRIPT, wait=threading.Event())
    with Served(voice) as served:
        with asked(served, "s", "Ann") as events:
            next(events), next(events)
            refused = post(served, "/say", session="t", character="Bea", text="hi")
            assert (refused.status_code, refused.json()["error"][:15]) == (503, "Too many people")
            voice.wait.set()
            text(events)
        with asked(served, "t", "Bea") as events:
            assert text(events).startswith("Bea one.")


@pytest.mark.parametrize(
    ("respond", "last"),
    [
        (scripted([np.zeros(800, np.float32)], "Well."), {"done": True}),
        (echo, {"done": True}),
        (mute, {"done": True}),
        (failing(), {"error": "The answer broke off: RuntimeError: this system was told to fail"}),
    ],
)
def test_the_systems_of_an_evaluation_talk_too(respond, last):
    with Served(RespondingVoice(respond, ["Ann"])) as served, asked(served, "s", "Ann") as events:
        assert list(events)[-1] == last


def test_fifty_megabytes_are_refused_with_a_sentence():
    with Served(ScriptedVoice(SCRIPT)) as served:
        for path in ("/say", "/hear", "/stop"):
            answer = httpx.post(
                f"http://127.0.0.1:{served.port}{path}", content=b"x" * 50_000_000, headers=HEADERS, timeout=30
            )
            assert answer.status_code == 413
            assert "at most" in answer.json()["error"]
        with asked(served, "s", "Ann") as events:
            assert text(events)


def test_a_long_conversation_is_bounded():
    talk, voice = Conversation(), ScriptedVoice({"Ann": ["Well."]}, seconds=0.01)
    for number in range(MOST_TURNS):
        said = {"character": "you", "text": str(number), "audio": np.ones(10, np.float32), "sample_rate": 16_000}
        list(talk.answered(voice, "Ann", said))
    assert (len(talk.turns), talk.place) == (MOST_TURNS, 2 * MOST_TURNS)
    assert sum(len(turn["audio"]) > 0 for turn in talk.turns) == TURNS_WITH_SOUND
    talk.back_to(talk.place - 2)
    assert talk.turns[-2]["text"] == str(MOST_TURNS - 2)
    talk.back_to(0)
    assert talk.turns == []


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["Well.", "I never!", "So"], "Well. I never! So"),
        (["Well. ", "I never!", " So"], "Well. I never! So"),
        (["3.", "5 met", "res"], "3.5 metres"),
        (['He said "Go."', "We went."], 'He said "Go." We went.'),
        (["你好。", "再见。"], "你好。再见。"),
        (["Wait…", "what?", ""], "Wait… what?"),
        ([], ""),
    ],
)
def test_sentences_are_joined(parts, whole):
    assert join_parts(parts) == whole
