"""The public fakes do what their docstrings say, so that others can lean on them."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.core.registry import offered
from audiorole.errors import UnknownNameError
from audiorole.models import registry
from audiorole.testing import systems
from audiorole.testing.models import PITCH, PitchEmbedder, PitchTranscriber, fake_models
from audiorole.testing.series import LINES, sound, srt

TURN = {"character": "you", "text": "Good morning.", "audio": np.ones(8, np.float32), "sample_rate": 16_000}


def test_fakes_are_offered_for_a_while_and_no_longer():
    with fake_models():
        assert registry("speaker-embedder").load("fake") is PitchEmbedder
        with offered({"audiorole.models.speaker-embedder": {"other": "math:sqrt"}}):
            assert {"fake", "other"} <= set(registry("speaker-embedder").names())
    with pytest.raises(UnknownNameError):
        registry("speaker-embedder").target("fake")


def test_each_pitch_is_a_voice_and_a_word():
    clock = np.arange(16_000) / 16_000
    tones = [np.sin(2 * np.pi * hz * clock).astype(np.float32) for hz in PITCH.values()]
    voices = PitchEmbedder().embed(tones)
    assert np.allclose(voices @ voices.T, np.eye(len(tones)), atol=0.05)
    assert [one.text for one in PitchTranscriber().transcribe(tones)] == [name.lower() for name in PITCH]


def test_the_subtitle_holds_the_lines_and_the_sound_lasts_as_long():
    assert srt().count("-->") == len(LINES)
    assert len(sound(seconds=10.0)) == 480_000


def test_scripted_systems_answer_as_told():
    echoed = systems.echo([TURN], "Ada", None, 0)
    assert echoed["text"] == TURN["text"]
    assert not systems.silent([TURN], "Ada", None, 0)["audio"].any()
    assert systems.mute([TURN], "Ada", None, 0) is None
    respond = systems.scripted([np.zeros(3, np.float32), np.ones(3, np.float32)])
    given = [respond([TURN], "Ada", None, 0) for _ in range(3)]
    assert [float(one["audio"].sum()) for one in given if one] == [0.0, 3.0, 0.0]
    fails = systems.failing(after=1)
    assert fails([TURN], "Ada", None, 0)
    with pytest.raises(RuntimeError, match="told to fail"):
        fails([TURN], "Ada", None, 0)
