from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from audiorole.audio.band import NARROWEST_HZ, RATE, WIDEST_HZ, band_edge, limit_band

NOISE = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32)


@pytest.mark.parametrize("edge", [3500.0, 4500.0, 5500.0, 6800.0])
def test_the_edge_of_limited_sound_is_found(edge: float) -> None:
    assert band_edge([limit_band(NOISE, edge)] * 3) == pytest.approx(edge, abs=250)


@pytest.mark.parametrize("waveforms", [[], [np.zeros(100, np.float32)], [NOISE]])
def test_wide_or_missing_sound_has_the_widest_band(waveforms: list[np.ndarray]) -> None:
    assert band_edge(waveforms) == WIDEST_HZ


def test_silence_and_a_tone_stay_within_the_bounds() -> None:
    tone = np.sin(np.arange(RATE) * 2 * np.pi * 300 / RATE).astype(np.float32)
    for waveform in (np.zeros(RATE, np.float32), tone):
        assert NARROWEST_HZ <= band_edge([waveform]) <= WIDEST_HZ


def test_what_is_above_the_edge_goes_and_what_is_below_stays_in_place() -> None:
    time = np.arange(2 * RATE) / RATE
    low, high = (np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (1000, 6000))
    found = limit_band(low + high, 4000.0)
    assert found.shape == low.shape
    assert found.dtype == np.float32
    inside = slice(RATE // 4, -RATE // 4)
    assert np.abs(found[inside] - low[inside]).max() < 0.01
    assert signal.welch(found, RATE)[1][-1] < 1e-6


@pytest.mark.parametrize("waveform", [np.zeros(0, np.float32), NOISE[:10]])
def test_short_sound_keeps_its_length(waveform: np.ndarray) -> None:
    assert len(limit_band(waveform, 4000.0)) == len(waveform)
    assert limit_band(NOISE, 8000.0) is NOISE
