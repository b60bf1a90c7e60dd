"""Kaldi-compatible log-mel filter banks in numpy, for the voice models.

The recipe is Kaldi's `compute-fbank-feats` with `--dither=0 --snip-edges=true` and a Hamming or Povey window,
which WeSpeaker and 3D-Speaker train on. Frames of many waveforms go through one FFT call.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

Floats = npt.NDArray[np.float32]

SAMPLE_RATE = 16000
FRAME_LENGTH = 400
FRAME_SHIFT = 160
FFT_LENGTH = 512
LOW_HZ = 20.0
PREEMPHASIS = 0.97
INT16_SCALE = 32768.0  # the models were trained on 16-bit sample values
FLOOR = float(np.finfo(np.float32).eps)
FRAMES_PER_CALL = 4096  # 8 MB of float32 spectra: stays near the cache


def num_frames(num_samples: int) -> int:
    """Return how many whole frames fit into `num_samples` (Kaldi's `snip_edges`)."""
    return 0 if num_samples < FRAME_LENGTH else 1 + (num_samples - FRAME_LENGTH) // FRAME_SHIFT


def fbank(waveform: Floats, bins: int = 80, window: str = "hamming") -> Floats:
    """Return log-mel energies, float32 `(num_frames, bins)`, not mean-normalised.

    waveform: float32 `(num_samples,)`, 16 kHz, in [-1, 1]. window: `hamming` (WeSpeaker) or `povey` (Kaldi's default).
    """
    return fbanks([waveform], bins, window)[0]


def fbanks(waveforms: Sequence[Floats], bins: int = 80, window: str = "hamming") -> list[Floats]:
    """Return `fbank` of each waveform; all frames share the FFT calls."""
    frames = [_frames(np.asarray(waveform, dtype=np.float32)) for waveform in waveforms]
    counts = [len(frame) for frame in frames]
    energies = np.empty((sum(counts), bins), dtype=np.float32)
    start = 0
    for frame in frames:
        for first in range(0, len(frame), FRAMES_PER_CALL):
            chunk = frame[first : first + FRAMES_PER_CALL]
            energies[start : start + len(chunk)] = _log_mel(chunk, bins, window)
            start += len(chunk)
    return np.split(energies, np.cumsum(counts)[:-1]) if counts else []


def mean_normalised(features: Floats) -> Floats:
    """Return `features` with the mean over time taken off each bin (cepstral mean normalisation)."""
    return features - features.mean(axis=0, keepdims=True) if len(features) else features


def _frames(waveform: Floats) -> Floats:
    """Return a read-only view `(num_frames, FRAME_LENGTH)` of `waveform`."""
    if num_frames(len(waveform)) == 0:
        return np.empty((0, FRAME_LENGTH), dtype=np.float32)
    return np.lib.stride_tricks.sliding_window_view(waveform, FRAME_LENGTH)[::FRAME_SHIFT]


def _log_mel(frames: Floats, bins: int, window: str) -> Floats:
    centred = frames - frames.mean(axis=1, keepdims=True)
    emphasised = np.empty_like(centred)
    emphasised[:, 1:] = centred[:, 1:] - np.float32(PREEMPHASIS) * centred[:, :-1]
    emphasised[:, 0] = centred[:, 0] * np.float32(1 - PREEMPHASIS)
    emphasised *= _window(window)
    spectrum = scipy.fft.rfft(emphasised, n=FFT_LENGTH, axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel: Floats = power @ _mel_filters(bins)
    return np.log(np.maximum(mel, np.float32(FLOOR), out=mel), out=mel)


@lru_cache(maxsize=4)
def _window(name: str) -> Floats:
    """Return the analysis window times the 16-bit scale."""
    hann = np.hanning(FRAME_LENGTH)
    shape = np.hamming(FRAME_LENGTH) if name == "hamming" else hann**0.85
    return (shape * INT16_SCALE).astype(np.float32)


@lru_cache(maxsize=4)
def _mel_filters(bins: int) -> Floats:
    """Return Kaldi's triangular mel filters, float32 `(FFT_LENGTH // 2 + 1, bins)`."""
    edges = np.linspace(_mel(LOW_HZ), _mel(SAMPLE_RATE / 2), bins + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    mels = _mel(np.arange(FFT_LENGTH // 2 + 1) * SAMPLE_RATE / FFT_LENGTH)[:, None]
    filters = np.maximum(0.0, np.minimum((mels - left) / (centre - left), (right - mels) / (right - centre)))
    filters[-1] = 0.0  # Kaldi leaves the Nyquist bin out
    return filters.astype(np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hertz, dtype=np.float64) / 700.0)
