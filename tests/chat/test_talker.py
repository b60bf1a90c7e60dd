"""The trained base `talker` behind the chat: sentence by sentence, several characters and people at once."""

from __future__ import annotations

import io
import threading

import httpx
import pytest
import soundfile

from audiorole.models.talker.voice import save_voice
from audiorole.testing.talker import tiny_talker, tiny_voice
from audiorole.training.thinker.cast import TalkerCast
from audiorole.training.thinker.parts import TalkerParts
from audiorole.training.thinker.persona import PersonaCard
from tests.training.thinker.tiny import phonemes

from .pages import Served
from .test_answering import HEADERS, asked, text

NAMES = [f"show/{name}" for name in ("Ann", "Bea", "Cid", "Dot", "Eve", "Fay")]


@pytest.fixture
def cast(tmp_path, monkeypatch):
    """Six characters, each with a voice file; what they think is scripted, what is heard is a tiny network's."""
    for place, name in enumerate(NAMES):
        save_voice(tmp_path / f"{name[-3:]}.safetensors", tiny_voice(name, place))

    def growing(self, turns, character, seed):
        words = f"I am {character[-3:]}. You said {turns[-1]['text']}! Well?".split()
        yield from (" ".join(words[:count]) for count in range(1, len(words) + 1))

    monkeypatch.setattr(TalkerCast, "_growing", growing)
    parts = TalkerParts(
        base="", base_weight="", adapter="", cards={name: PersonaCard(name) for name in NAMES},
        voices={name: f"{name[-3:]}.safetensors" for name in NAMES}, clips={}, stock="af_heart", persona="",
        context_turns=6,
    )  # fmt: skip
    return TalkerCast(tmp_path, parts, frozenset(), tiny_talker(), phonemes())


def test_six_characters_speak_in_sentences_and_stay_apart(cast) -> None:
    found: dict[tuple[str, str], list[dict[str, object]]] = {}

    def talk(session: str, name: str) -> None:
        with asked(served, session, name) as events:
            found[session, name] = list(events)

    with Served(cast) as served:
        talks = [("s", name) for name in NAMES] + [("t", name) for name in NAMES[:2]]
        threads = [threading.Thread(target=talk, args=one) for one in talks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saved = httpx.get(
            f"http://127.0.0.1:{served.port}/answer/s.wav", params={"character": "Ann"}, headers=HEADERS, timeout=120
        )
    for (_, name), events in found.items():
        parts = [event for event in events if "text" in event]
        assert [part["text"] for part in parts] == [f"I am {name[-3:]}.", " You said hello!", " Well?"]
        assert all(part["samples"] for part in parts)
        assert events[-1] == {"done": True}
    voices = {one: [event["samples"] for event in events if "text" in event][-1] for one, events in found.items()}
    assert all(voices["s", name] == voices["t", name] for name in NAMES[:2])
    assert len(set(voices.values())) == len(NAMES), "two characters have one voice"
    assert soundfile.info(io.BytesIO(saved.content)).samplerate == cast.sample_rate == 24_000


def test_an_answer_that_is_stopped_leaves_the_cast_free(cast) -> None:
    with Served(cast) as served:
        with asked(served, "s", NAMES[0]) as events:
            next(events), next(events)
        with asked(served, "s", NAMES[0]) as events:
            assert text(events).endswith("Well?")
