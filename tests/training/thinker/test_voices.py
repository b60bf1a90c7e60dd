"""Which lines a voice is fitted to, who keeps a stock voice, and whose clip is most like which one."""

from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace

from audiorole.audio.band import limit_band
from audiorole.core.progress import Silent
from audiorole.errors import InputError
from audiorole.testing.talker import tiny_talker, tiny_voice
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.thinker import voices
from audiorole.training.thinker.voices import VoiceMaker, nearest_stock, one_clip
from audiorole.types.utterance import Quality, Speech
from tests.training.glm.tiny_parts import audio, lines

from .tiny import phonemes


def long_lines(**changes):
    """The tiny lines, of two seconds each."""
    return [replace(line, end=line.start + 2.0, **changes) for line in lines()]


def maker(tmp_path, given):
    return VoiceMaker(tmp_path, given, audio, phonemes(), VoicePlan(), lambda: None, "validation")


def test_a_voice_learns_from_clear_training_lines(tmp_path):
    given = long_lines(quality=Quality(tier="A", dnsmos=3.0, snr_db=20.0))
    found = maker(tmp_path, given).lines_of("show/Joe")
    training = [line.id for line in given if line.who == "show/Joe" and line.split == "train"]
    assert [line.id for line in found] == training
    assert found[0].clarity == 50
    assert found[0].phonemes


@pytest.mark.parametrize(
    "changes",
    [
        {"text": " … "},
        {"duplicate_of": "show/s01e01/u9"},
        {"speech": Speech(speech_share=1.0, overlap_share=0.5)},
        {"split": "test"},
        {"split": "validation"},
    ],
)
def test_what_is_no_clear_training_line_is_not_learned_from(tmp_path, changes):
    assert maker(tmp_path, long_lines(**changes)).lines_of("show/Joe") == []


def test_who_has_too_few_lines_keeps_a_stock_voice_and_is_named(tmp_path, monkeypatch):
    def fit(name, given, plan, folder, models, on_step):
        if name == "show/Lola":
            raise InputError(str(folder), "has too few lines")
        on_step(SimpleNamespace(step=1, verdict=None))
        on_step(SimpleNamespace(step=1, verdict="judged"))
        report = SimpleNamespace(lines=7, seconds=12.3, stock=("af_heart",))
        return SimpleNamespace(path=folder / "voice.safetensors", report=report)

    monkeypatch.setattr(voices, "fit_voice", fit)
    made = maker(tmp_path, long_lines())
    told: list[str] = []
    watch = Silent()
    monkeypatch.setattr(watch, "done", lambda key, notes: told.append(key), raising=False)
    made.make(["show/Joe", "show/Lola"], watch)
    assert told == ["step 1"], "a judgement is no step"
    assert list(made.files) == ["show/Joe"]
    assert made.files["show/Joe"].startswith("voices/")
    assert made.facts["show/Joe"] == {"lines": "7", "seconds": "12", "began with": "af_heart"}
    assert [(one.id, one.reason) for one in made.dropped] == [("show/Lola", "too_few_lines")]


def test_the_one_clip_is_the_clearest_of_some_seconds():
    given = [
        replace(line, end=line.start + seconds, quality=Quality(tier="A", dnsmos=dnsmos))
        for line, seconds, dnsmos in zip(lines(), (1.0, 1.0, 4.0, 1.0, 5.0), (4.0, 1.0, 2.0, 1.0, 3.0), strict=False)
    ]
    assert one_clip(given, "show/Joe", "validation") == given[4]
    assert one_clip(given, "show/Nobody", "validation") is None


@pytest.mark.parametrize("edge", [8000.0, 4000.0, 3200.0])
def test_a_clip_is_most_like_the_stock_voice_that_sounds_so_in_its_band(monkeypatch, edge):
    class Pitchless:
        def embed(self, waves):
            told = np.array([[np.abs(wave).mean(), np.abs(np.diff(wave)).mean(), len(wave) / 1e5] for wave in waves])
            return (told / np.linalg.norm(told, axis=1, keepdims=True)).astype(np.float32)

    talker, stock = tiny_talker(), {name: tiny_voice(name, at) for at, name in enumerate(("a", "b", "c"))}
    monkeypatch.setattr(voices, "STOCK_VOICES", tuple(stock))
    monkeypatch.setattr(voices, "stock_voice", stock.__getitem__)
    monkeypatch.setattr(voices, "load_model", lambda kind, name: talker if kind == "synthesiser" else Pitchless())
    said = voices.resample(talker.speak(phonemes()(voices.SENTENCE), stock["b"]), 24_000, 16_000)
    assert nearest_stock({"show/Joe": limit_band(said, edge)}, phonemes()) == {"show/Joe": "b"}
