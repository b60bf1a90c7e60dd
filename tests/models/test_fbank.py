"""Our filter banks against Kaldi's recipe written out frame by frame in double precision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from audiorole.models.voices import fbank

RNG = np.random.default_rng(7)


def kaldi_frame(frame: npt.NDArray[np.float64], bins: int, window: str) -> list[float]:
    """One frame of compute-fbank-feats, as its source reads: DC, pre-emphasis, window, power, triangles, log."""
    frame = frame * 32768.0
    frame = frame - frame.mean()
    frame = np.array([frame[0] - 0.97 * frame[0], *[frame[i] - 0.97 * frame[i - 1] for i in range(1, 400)]])
    phase = 2 * np.pi * np.arange(400) / 399
    frame = frame * (0.54 - 0.46 * np.cos(phase) if window == "hamming" else (0.5 - 0.5 * np.cos(phase)) ** 0.85)
    power = np.abs(np.fft.rfft(frame, 512)) ** 2

    def mel(hertz: float) -> float:
        return float(1127.0 * np.log(1 + hertz / 700.0))

    low, step = mel(20.0), (mel(8000.0) - mel(20.0)) / (bins + 1)
    energies = []
    for index in range(bins):
        left, centre, right = (low + (index + offset) * step for offset in (0, 1, 2))
        total = 0.0
        for k in range(256):  # Kaldi leaves out the Nyquist bin
            at = mel(k * 16000 / 512)
            if left < at < right:
                total += power[k] * ((at - left) / (centre - left) if at <= centre else (right - at) / (right - centre))
        energies.append(float(np.log(max(total, np.finfo(np.float32).eps))))
    return energies


@pytest.mark.parametrize("window", ["hamming", "povey"])
def test_equals_kaldi(window: str) -> None:
    waveform = (RNG.standard_normal(400 + 160 * 3) * 0.1).astype(np.float32)
    expected = [kaldi_frame(waveform[i * 160 : i * 160 + 400].astype(np.float64), 80, window) for i in range(4)]
    np.testing.assert_allclose(fbank.fbank(waveform, 80, window), expected, atol=2e-3)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16000, 98)])
def test_whole_frames_only(samples: int, frames: int) -> None:
    assert fbank.num_frames(samples) == frames
    assert fbank.fbank(np.zeros(samples, dtype=np.float32)).shape == (frames, 80)


def test_many_waveforms_at_once_equal_one_by_one() -> None:
    waveforms = [RNG.standard_normal(n).astype(np.float32) for n in (5000, 300, 12345)]
    for together, alone in zip(fbank.fbanks(waveforms), map(fbank.fbank, waveforms), strict=True):
        np.testing.assert_array_equal(together, alone)


def test_loudness_only_shifts_and_the_mean_takes_it_off() -> None:
    waveform = (RNG.standard_normal(8000) * 0.1).astype(np.float32)
    loud, quiet = (fbank.mean_normalised(fbank.fbank(waveform * gain)) for gain in (1.0, 0.25))
    np.testing.assert_allclose(loud, quiet, atol=1e-3)
