"""Measures and fingerprints on signals whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.audio.fingerprint import bit_error_rate, fingerprint
from audiorole.audio.measures import bandwidth_hz, clipped_share, level_db, snr_db


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(0, 0.1, 16000 * 10).astype(np.float32)


def test_level_of_known_noise(noise):
    assert abs(float(level_db(noise).mean()) + 20.0) < 0.3
    assert level_db(np.zeros(5120, np.float32)).tolist() == [-100.0] * 10


@pytest.mark.parametrize("snr", [0.0, 10.0, 20.0])
def test_snr_of_a_known_mix(noise, snr):
    active = np.zeros(312, dtype=bool)
    active[100:200] = True
    gain = np.repeat(active, 512) * 10 ** (snr / 20)
    speech = np.random.default_rng(1).normal(0, 0.1, 312 * 512) * gain
    mix = (noise[: 312 * 512] + speech).astype(np.float32)
    assert abs(snr_db(level_db(mix), active, 100, 200) - snr) < 0.7


def test_snr_without_a_pause_is_none(noise):
    level = level_db(noise)
    assert snr_db(level, np.ones(len(level), bool), 10, 50) is None


def test_clipping_counts_flat_tops():
    wave = np.sin(np.linspace(0, 400, 16000)).astype(np.float32) * 2
    assert clipped_share(np.clip(wave, -1, 1)) > 0.5
    assert clipped_share(0.9 * wave / 2) == 0.0


def test_bandwidth_of_filtered_noise(noise):
    spectrum = np.fft.rfft(noise)
    spectrum[int(len(spectrum) * 3400 / 8000) :] = 0
    low = np.fft.irfft(spectrum).astype(np.float32)
    assert abs(bandwidth_hz(low, 16000) - 3400) < 200
    assert bandwidth_hz(noise, 16000) > 7500


def test_same_recording_is_recognised_at_another_cut_and_level(noise):
    rng = np.random.default_rng(2)
    music = np.cumsum(rng.normal(0, 1, 16000 * 10)).astype(np.float32)
    music = (music - np.convolve(music, np.ones(64) / 64, "same")) / 100
    here = fingerprint(music[160:-160] * 0.5 + noise[160:-160] * 0.001)
    there = fingerprint(music[512 * 4 :])
    assert bit_error_rate(here[4 : 4 + 200], there[:200]) < 0.2
    assert bit_error_rate(fingerprint(noise)[:200], there[:200]) > 0.4
