"""Sync hears words only where it must, remembers them, and says when it cannot."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

import audiorole.dataset.lines.hearing as hearing
import audiorole.dataset.stages.words.sync as sync_stage
from audiorole.dataset.lines.hearing import episode_ear
from audiorole.dataset.stages.words.sync import Sync
from audiorole.testing.desk import EPISODE, Desk, curves, line, parted
from audiorole.types import Transcript
from tests.dataset.sync.speech import Listener, dialogue

TRUTH, TEXTS = dialogue(1)


class Pcm:
    """Audio whose samples are the times they stand for."""

    def read(self, start: float, end: float) -> np.ndarray:
        return np.array([start, end], dtype=np.float32)


class Transcriber:
    """Hears the true words of the dialogue; times count from where the waveform begins."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def transcribe(self, waveforms: Sequence[np.ndarray], language: str = "", words: bool = False) -> list[Transcript]:
        assert words
        self.calls.append(len(waveforms))
        return [self._one(float(start), float(end)) for start, end in waveforms]

    def _one(self, start: float, end: float) -> Transcript:
        (heard,) = Listener(TRUTH, TEXTS)([(start, end)])
        words = tuple(msgspec.structs.replace(w, start=w.start - start, end=w.end - start) for w in heard.words)
        return Transcript(text="", language="en", words=words)


@pytest.fixture
def transcriber(monkeypatch: pytest.MonkeyPatch) -> Transcriber:
    model = Transcriber()
    monkeypatch.setattr(hearing, "load_model", lambda kind, reference, device="cpu": model)
    for module in (hearing, sync_stage):
        monkeypatch.setattr(module, "missing_weights", lambda kind, reference: "")
    return model


def lines(offset: float):
    return [
        line(n, start + offset, end + offset, text)
        for n, ((start, end), text) in enumerate(zip(TRUTH.tolist(), TEXTS, strict=True))
    ]


@pytest.mark.parametrize("offset", [0.0, 5424.0, -36000.0])
def test_lines_of_dense_dialogue_come_to_their_places(transcriber, tmp_path, offset):
    desk = Desk(curves(60.0, (0, 60)), scratch=tmp_path, pcm=Pcm())
    kept, dropped = parted(Sync().run(lines(offset), desk))
    assert not dropped
    assert np.median([abs(x.start - start) for x, (start, _) in zip(kept, TRUTH, strict=True)]) < 0.15
    assert "words heard" in json.loads((tmp_path / "sync.json").read_bytes())["reason"]
    assert sum(transcriber.calls) == 4


def test_a_second_subtitle_is_judged_by_what_was_heard_for_the_first(transcriber, tmp_path):
    desk = Desk(curves(60.0, (0, 60)), scratch=tmp_path, pcm=Pcm())
    list(Sync().run(lines(0.0), desk))
    list(Sync().run(lines(30.0), desk))
    assert sum(transcriber.calls) == 4
    spans = [(0.0, 5.0), (5.0, 9.0)]
    ear = episode_ear(desk, EPISODE, "whisper")
    assert [span.start for span in ear(spans)] == [0.0, 5.0]
    assert ear(spans[::-1])[0].start == 5.0
    assert sum(transcriber.calls) == 6


def test_without_weights_activity_decides_and_the_note_says_so(monkeypatch, tmp_path):
    for module in (hearing, sync_stage):
        monkeypatch.setattr(module, "missing_weights", lambda kind, reference: "pull whisper-base first")
    desk = Desk(curves(60.0, (0, 60)), scratch=tmp_path, pcm=Pcm())
    kept, dropped = parted(Sync().run(lines(0.0), desk))
    assert not kept
    assert {reason for _, reason in dropped} == {"subtitles_do_not_fit"}
    assert "no words could be heard: pull whisper-base first" in (tmp_path / "sync.json").read_text()
    assert Sync().models() == ()


def test_the_transcriber_belongs_to_the_stage(transcriber):
    assert Sync().models() == (("transcriber", "whisper"),)
    assert Sync(transcriber="").models() == ()
    assert Sync(method="none").models() == ()
