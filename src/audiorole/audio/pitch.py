"""The pitch of speech: normalised autocorrelation with parabolic peaks (Boersma 1993, without the path search).

Enough for a median and a range; numpy and scipy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

SAMPLE_RATE = 16_000
PITCH_WINDOW = 1024
PITCH_HOP = 256
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
VOICED = 0.45
"""Height of the autocorrelation peak from which a frame counts as voiced: Praat's default voicing threshold."""


def pitch_track(waveform: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the pitch of each frame of 16 ms in Hz, float64 `(num_frames,)`; 0 where it is not voiced.

    waveform: 16 kHz.
    """
    if len(waveform) < PITCH_WINDOW:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, PITCH_WINDOW)[::PITCH_HOP]
    window = np.hanning(PITCH_WINDOW)
    wave = ((frames - frames.mean(axis=1, keepdims=True)) * window).astype(np.float32)
    first, last = int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ)
    correlation = _autocorrelation(wave, last + 1) / _autocorrelation(window[None].astype(np.float32), last + 1)
    # A small cost per octave below keeps the period from doubling (Boersma's octave cost, 0.01 per octave).
    cost = 0.01 * np.log2(np.arange(first, last) / first)
    peaks = np.argmax(correlation[:, first:last] - cost, axis=1) + first
    rows = np.arange(len(peaks))
    height = correlation[rows, peaks]
    loud = np.sqrt(np.mean(wave**2, axis=1)) > 0.05 * float(np.sqrt(np.mean(wave**2)) + 1e-9)
    periods = peaks + _parabolic(correlation, rows, peaks)
    return np.where((height > VOICED) & loud, SAMPLE_RATE / periods, 0.0)


def _autocorrelation(wave: NDArray[np.float32], lags: int) -> NDArray[np.float64]:
    spectrum = fft.rfft(wave, 2 * PITCH_WINDOW, axis=1)
    raw = fft.irfft(spectrum.real**2 + spectrum.imag**2, axis=1)[:, :lags]
    return np.asarray(raw / np.maximum(raw[:, :1], 1e-12), dtype=np.float64)


def _parabolic(curve: NDArray[np.float64], rows: NDArray[np.int64], peaks: NDArray[np.int64]) -> NDArray[np.float64]:
    left, middle, right = curve[rows, peaks - 1], curve[rows, peaks], curve[rows, peaks + 1]
    bend = left - 2 * middle + right
    return np.where(np.abs(bend) > 1e-9, 0.5 * (left - right) / np.where(bend == 0, 1.0, bend), 0.0).clip(-1, 1)
