"""What a signal is like: level, signal-to-noise ratio, clipping, bandwidth.

Curves have one value per frame of 512 samples at 16 kHz (31.25 a second), the frames of the VAD.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

FRAME = 512
FRAME_RATE = 16000 / FRAME
FLOOR_DB = -100.0

Curve = NDArray[np.float32]


def level_db(waveform: NDArray[np.float32]) -> Curve:
    """Return the RMS level of each frame in dB full scale, float32 `(num_frames,)`, not below -100."""
    frames = len(waveform) // FRAME
    blocks = waveform[: frames * FRAME].reshape(frames, FRAME)
    power = np.einsum("ij,ij->i", blocks, blocks) / FRAME
    decibels = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return np.asarray(np.maximum(decibels, FLOOR_DB), dtype=np.float32)  # float32 logarithms round differently by CPU


def snr_db(level: Curve, speech: NDArray[np.bool_], start: int, end: int, margin: int = 94) -> float | None:
    """Return the SNR in dB of frames `[start, end)`: their speech level over the noise around them.

    The noise is the mean power of non-speech frames within `margin` frames (3 s) of the span, taken off the speech
    power too. None where there is no speech in the span or no pause near it.
    """
    first, last = max(0, start - margin), min(len(level), end + margin)
    power = 10 ** (level[first:last].astype(np.float64) / 10)
    talking = speech[first:last]
    inside = np.zeros(last - first, dtype=bool)
    inside[start - first : end - first] = True
    signal, noise = power[talking & inside], power[~talking]
    if len(signal) < 3 or len(noise) < 6:
        return None
    floor = float(noise.mean())
    clean = max(float(signal.mean()) - floor, 1e-3 * floor, 1e-10)
    return round(float(10 * np.log10(clean / max(floor, 1e-10))), 1)


def clipped_share(waveform: NDArray[np.float32], ceiling: float = 0.999) -> float:
    """Return the share of samples at the ceiling that have a neighbour there too (a lone peak is no clipping)."""
    if len(waveform) < 2:
        return 0.0
    high = np.abs(waveform) >= ceiling
    flat = high[1:] & high[:-1]
    return float(flat.mean())


def bandwidth_hz(waveform: NDArray[np.float32], sample_rate: int, drop_db: float = 50.0) -> float | None:
    """Return the highest frequency in Hz within `drop_db` of the loudest band; None under 0.1 s.

    Long-term average spectrum of 1024-sample frames, smoothed over 9 bins: an MP3 or telephone edge shows as a cliff.
    """
    size = 1024
    count = len(waveform) // size
    if count < 2:
        return None
    frames = waveform[: count * size].reshape(count, size) * np.hanning(size).astype(np.float32)
    bins = fft.rfft(frames, axis=1)  # scipy's stays in float32, numpy's does not
    spectrum = (bins.real**2 + bins.imag**2).mean(axis=0)
    smooth = 10 * np.log10(np.convolve(spectrum, np.full(9, 1 / 9), mode="same") + 1e-12)
    above = np.flatnonzero(smooth > smooth.max() - drop_db)
    return float(above[-1] * sample_rate / size)
