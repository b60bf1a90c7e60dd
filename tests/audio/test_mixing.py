"""Speech is kept whatever a stream's channels are: opposite, silent, deep, of another programme."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audiorole.audio.clip import read_clip
from audiorole.audio.decode import Decoding, decode
from audiorole.audio.mixing import Mixer, MixFacts
from audiorole.errors import InputError
from audiorole.testing.media import RATE, write_media

Floats = NDArray[np.float32]


def voice(seconds: float, seed: int = 0, rate: int = RATE) -> Floats:
    """Noise that swells and fades like syllables."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    knots = np.arange(0, count + rate, rate // 4)
    swell = np.interp(np.arange(count), knots, rng.uniform(0.2, 1.0, len(knots)))
    return (0.2 * swell * rng.normal(0, 1, count)).astype(np.float32)


def heard(path, channel: int = -1) -> tuple[Floats, Decoding]:
    report = Decoding()
    return np.concatenate(list(decode(path, 0, 16000, report, channel))), report


def level(waveform: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(waveform))))


def mixed(planes: list[Floats], names: str) -> tuple[Floats, MixFacts]:
    facts = MixFacts()
    mixer = Mixer(names.split(), RATE, facts)
    whole = np.stack(planes)
    blocks = np.array_split(whole, max(1, whole.shape[1] // (10 * RATE)), axis=1)
    return np.concatenate([mixer(block) for block in blocks]), facts


@pytest.mark.parametrize("gain", [-1.0, -0.8, -1.3, -0.3])
def test_an_inverted_channel_is_turned_and_told(tmp_path, gain):
    speech = voice(6.0)
    path = write_media(tmp_path / "a.flac", np.stack([speech, gain * speech]), layout="stereo")
    waveform, report = heard(path)
    assert level(waveform) > 0.6 * level(speech) * 16000 / RATE
    assert "opposite phase in 100%" in report.warnings[0]


@pytest.mark.parametrize("first", [True, False])
def test_channels_that_are_inverted_for_a_while_only(first):
    speech = voice(30.0)
    other = speech.copy()
    half = len(speech) // 2
    other[:half] *= -1 if first else 1
    other[half:] *= 1 if first else -1
    waveform, facts = mixed([speech, other], "FL FR")
    pieces = np.abs(waveform - speech).reshape(-1, RATE // 4).max(axis=1)
    assert (pieces < 1e-3).mean() > 0.95
    assert 0.4 < facts.turned / facts.pieces < 0.6


def test_inverted_speech_under_music_of_its_own_on_each_side():
    speech = voice(20.0)
    left, right = (0.2 * voice(20.0, seed) for seed in (1, 2))
    waveform, facts = mixed([speech + left, -speech + right], "FL FR")
    assert np.corrcoef(waveform, speech)[0, 1] > 0.95
    assert facts.turned > 0.9 * facts.pieces


@pytest.mark.parametrize(
    ("names", "planes"),
    [
        ("FL FR FC", lambda s, z: [s, -s, z]),
        ("FL FR LFE", lambda s, z: [s, -s, z]),
        ("FL FR BC", lambda s, z: [s, s, -s]),
        ("FL FR FC LFE BL BR", lambda s, z: [s, -s, z, z, z, z]),
        ("FL FR FC LFE SL SR", lambda s, z: [z, z, z, z, s, -s]),
        ("FL FR FC", lambda s, z: [-s, -s, s]),
        ("FL FR", lambda s, z: [z, s]),
    ],
)
def test_speech_is_kept_in_every_layout(names, planes):
    speech = voice(12.0)
    waveform, _ = mixed(planes(speech, np.zeros_like(speech)), names)
    assert abs(np.corrcoef(waveform, speech)[0, 1]) > 0.99
    assert level(waveform) > 0.4 * level(speech)


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_a_centre_without_sound_is_left_out_and_told(noise):
    speech = voice(12.0)
    hiss = (noise * np.random.default_rng(5).normal(0, 1, len(speech))).astype(np.float32)
    waveform, facts = mixed([speech, speech, hiss, hiss, hiss, hiss], "FL FR FC LFE BL BR")
    assert level(waveform) > 0.9 * level(speech)
    assert facts.told() == ["the centre channel is silent: the other channels were mixed instead"]


def test_a_centre_that_speaks_late_is_no_silent_centre():
    speech, music = voice(40.0), voice(40.0, 3)
    speech[: 20 * RATE] = 0.0
    waveform, facts = mixed([music, music, speech, 0 * music, 0 * music, 0 * music], "FL FR FC LFE BL BR")
    assert facts.told() == []
    assert np.corrcoef(waveform[25 * RATE :], speech[25 * RATE :])[0, 1] > 0.85


def test_ordinary_stereo_is_the_plain_mean_and_not_worth_a_word():
    speech = voice(12.0)
    left, right = speech + 0.3 * voice(12.0, 1), speech + 0.3 * voice(12.0, 2)
    waveform, facts = mixed([left, right], "FL FR")
    assert np.allclose(waveform, (left + right) / 2, atol=1e-6)
    assert facts.told() == []
    assert not facts.apart


def test_two_programmes_are_suspected_and_each_can_be_heard_alone(tmp_path):
    left, right = voice(15.0, 1), voice(15.0, 2)
    path = write_media(tmp_path / "a.flac", np.stack([left, right]), layout="stereo")
    assert heard(path)[1].mix.apart
    for channel, alone in enumerate((left, right)):
        only, report = heard(path, channel)
        mono = write_media(tmp_path / f"{channel}.flac", alone)
        assert np.abs(only - heard(mono)[0]).max() < 1e-3
        assert not report.mix.apart
    with pytest.raises(InputError, match="has no channel 2"):
        heard(path, 2)


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.8])
def test_two_languages_over_the_same_music_are_suspected(shared):
    music = shared * voice(20.0, 7)
    assert mixed([voice(20.0, 1) + music, voice(20.0, 2) + music], "FL FR")[1].apart


def test_silence_and_one_sided_sound_are_not_two_programmes():
    speech = voice(15.0)
    assert not mixed([speech, 0 * speech], "FL FR")[1].apart
    assert not mixed([0 * speech, 0 * speech], "FL FR")[1].apart


def test_a_clip_is_mixed_as_the_whole_is(tmp_path):
    speech = voice(8.0)
    path = write_media(tmp_path / "a.mkv", np.stack([speech, -speech]), layout="stereo")
    clip, whole = read_clip(path, 2.0, 4.0, 16000), heard(path)[0]
    assert np.corrcoef(clip, whole[32000:64000])[0, 1] > 0.99
    right = read_clip(path, 2.0, 4.0, 16000, stream=0, channel=1)
    assert np.corrcoef(right, clip)[0, 1] < -0.99
    with pytest.raises(InputError, match="has no audio stream 3"):
        read_clip(path, 2.0, 4.0, 16000, stream=3)
