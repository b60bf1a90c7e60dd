"""Sync finds offsets, rates and cuts, and says no to what does not belong."""

from __future__ import annotations

import pickle

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiorole.dataset.sync import Alignment, MapPiece, align

FRAME_RATE = 31.25
Floats = NDArray[np.float64]


def dialogue(seed: int, duration: float = 600.0) -> Floats:
    """Cue times `(n, 2)` as of a talkative episode: lines of 1–5 s, short pauses, now and then a long one."""
    rng = np.random.default_rng(seed)
    times, now = [], 3.0
    while now < duration - 10:
        length = rng.uniform(1.0, 5.0)
        times.append((now, now + length))
        now += length + (rng.exponential(0.4) + 0.1 if rng.random() < 0.85 else rng.uniform(2, 8))
    return np.array(times)


def speech_of(times: Floats, duration: float, seed: int = 0) -> NDArray[np.float32]:
    """Speech probability a detector would give: late by 0.1 s, deaf for moments, fooled for others."""
    rng = np.random.default_rng([seed, 99])
    clock = (np.arange(int(duration * FRAME_RATE)) + 0.5) / FRAME_RATE
    speech = np.zeros(len(clock), dtype=bool)
    for start, end in times:
        speech |= (clock >= start + 0.1) & (clock < end - 0.1)
    blocks = np.repeat(rng.random(len(clock) // 10 + 1), 10)[: len(clock)]
    heard = np.where(speech, np.where(blocks < 0.2, 0.1, 0.9), np.where(blocks < 0.06, 0.8, 0.03))
    return np.clip(heard + rng.normal(0, 0.02, len(clock)), 0, 1).astype(np.float32)


def share_within(mapped: Floats, truth: Floats, seconds: float) -> float:
    known = np.isfinite(truth)
    return float((np.abs(mapped - truth)[known] <= seconds).mean())


@pytest.mark.parametrize("offset", [-58.3, -7.0, 0.4, 33.3, 60.0])
@pytest.mark.parametrize("rate", [1.0, 25 / 23.976, 23.976 / 25, 1 / 1.001])
def test_offset_and_rate(offset: float, rate: float) -> None:
    truth = dialogue(1)
    found = align((truth - offset) / rate, speech_of(truth, 600), FRAME_RATE, 600.0)
    assert found.accepted
    assert share_within(found.map((truth - offset) / rate), truth, 0.15) >= 0.95


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_audio_with_an_ad_break(seed: int) -> None:
    truth = dialogue(seed)
    kept = truth[(truth[:, 1] < 250) | (truth[:, 0] > 340)]
    shown = np.where(kept > 300, kept - 90.0, kept) + 12.0
    found = align(shown, speech_of(truth, 600, seed), FRAME_RATE, 600.0)
    assert found.accepted
    assert len(found.pieces) == 2
    assert share_within(found.map(shown), kept, 0.15) >= 0.9


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_subtitle_of_a_longer_cut_loses_the_lines_that_are_not_there(seed: int) -> None:
    shown = dialogue(seed)
    lacking = (shown[:, 1] > 200) & (shown[:, 0] < 300)
    truth = np.where(shown > 250, shown - 100.0, shown)
    truth[lacking] = np.nan
    speech = speech_of(truth[~lacking], 500, seed)
    found = align(shown, speech, FRAME_RATE, 500.0)
    mapped = found.map(shown)
    assert share_within(mapped, truth, 0.15) >= 0.9
    assert np.isnan(mapped[lacking]).any(axis=1).mean() >= 0.7


@pytest.mark.parametrize("seed", range(20, 26))
def test_foreign_subtitles_are_refused_and_left_alone(seed: int) -> None:
    foreign = dialogue(seed)
    found = align(foreign, speech_of(dialogue(1), 600), FRAME_RATE, 600.0)
    assert not found.accepted
    assert "left as they are" in found.reason
    assert np.array_equal(found.map(foreign), foreign)


def test_a_file_in_sync_stays_untouched() -> None:
    truth = dialogue(8)
    found = align(truth, speech_of(truth, 600), FRAME_RATE, 600.0)
    assert found.accepted
    assert np.array_equal(found.map(truth), truth)


def test_subtitles_as_people_write_them() -> None:
    truth = dialogue(9)
    rng = np.random.default_rng(9)
    shown = truth[rng.random(len(truth)) > 0.08] + 20.0
    late = shown + np.stack([rng.normal(0, 0.1, len(shown)), rng.uniform(0, 0.5, len(shown))], axis=1)
    late[:-1, 1] = np.minimum(late[:-1, 1], np.maximum(late[1:, 0] - 0.04, late[:-1, 0] + 0.3))
    found = align(late, speech_of(truth, 600), FRAME_RATE, 600.0)
    assert len(found.pieces) == 1
    assert found.pieces[0].offset == pytest.approx(-20.0, abs=0.15)


@pytest.mark.parametrize("times", [np.zeros((0, 2)), np.array([[1.0, 2.0]]), np.array([[5.0, 1.0]] * 9)])
def test_too_little_to_judge_is_said(times: Floats) -> None:
    found = align(times, speech_of(dialogue(1), 600), FRAME_RATE, 600.0)
    assert not found.accepted
    assert "too few" in found.reason


@pytest.mark.parametrize("speech", [np.zeros(2000), np.ones(2000), np.zeros(3), np.full(2000, 0.5)])
def test_silence_and_noise_are_refused(speech: Floats) -> None:
    assert not align(dialogue(1), speech, FRAME_RATE, len(speech) / FRAME_RATE).accepted


def test_survives_json_and_pickle() -> None:
    found = align(dialogue(1) + 5, speech_of(dialogue(1), 600), FRAME_RATE, 600.0)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Alignment) == found
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


@st.composite
def alignments(draw: st.DrawFn) -> Alignment:
    """Maps as sync makes them: pieces whose audio times never go back."""
    rate = draw(st.sampled_from([1.0, 25 / 23.976, 0.999]))
    start, audio, pieces = draw(st.floats(-100, 100)), draw(st.floats(-100, 100)), []
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.floats(5, 300))
        pieces.append(MapPiece(start=start, end=start + length, offset=audio - start * rate, rate=rate))
        start += length + draw(st.sampled_from([0.0, 30.0]))
        audio += length * rate + draw(st.sampled_from([0.0, 45.0]))
    return Alignment(pieces=tuple(pieces), accepted=True, confidence=1.0, reason="")


@settings(deadline=None)
@given(alignments(), st.lists(st.floats(-200, 1500), min_size=2, max_size=30))
def test_maps_rise_and_turn_back(alignment: Alignment, times: list[float]) -> None:
    asked = np.unique(np.round(times, 3))
    mapped = alignment.map(asked)
    known = np.isfinite(mapped)
    assert (np.diff(mapped[known]) > 0).all()
    back = alignment.inverse(mapped[known])
    close = np.isclose(back, asked[known], atol=1e-6)
    on_a_bound = np.isin(asked[known], [bound for p in alignment.pieces for bound in (p.start, p.end)])
    assert (close | np.isnan(back) | on_a_bound).all()
    assert close.sum() >= known.sum() - 2 * len(alignment.pieces)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(-60, 60), st.integers(0, 3))
def test_whatever_comes_out_never_goes_back_in_time(seed: int, offset: float, cuts: int) -> None:
    truth = dialogue(seed, 240)
    shown = truth + offset
    for cut in range(cuts):
        shown = np.where(truth > 60 * (cut + 1), shown + (30 if cut % 2 else -25), shown)
    found = align(shown, speech_of(truth, 240, seed), FRAME_RATE, 240.0)
    mapped = found.map(np.sort(np.unique(shown)))
    assert (np.diff(mapped[np.isfinite(mapped)]) > 0).all()
