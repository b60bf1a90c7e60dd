"""Log band energies, and the correlation of two clips over every lag: is this recording inside that one?"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform

Bands = NDArray[np.float32]

HOP = 512
FRAME_RATE = SAMPLE_RATE / HOP
SIZE = 1024
NUM_BANDS = 20
LOW_HZ, HIGH_HZ = 150.0, 5000.0  # below: rumble; above: what narrow-band sources do not have
FLOOR = 1e-7


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float32]:
    """Return triangles on the mel scale, float32 `(SIZE // 2 + 1, NUM_BANDS)`."""
    mel = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), NUM_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.fft.rfftfreq(SIZE, 1 / SAMPLE_RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _mel(frequency: float) -> float:
    return float(2595 * np.log10(1 + frequency / 700))


def log_bands(waveform: Waveform) -> Bands:
    """Return log band energies, float32 `(num_frames, 20)` at 31.25 frames a second; level does not matter.

    The floor is 60 dB under the clip's mean power, so silence between words is the same whatever the noise there.
    """
    if len(waveform) < SIZE:
        return np.zeros((0, NUM_BANDS), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, SIZE)[::HOP]
    spectrum = fft.rfft(frames * np.hanning(SIZE).astype(np.float32), axis=1)
    energy = (spectrum.real**2 + spectrum.imag**2) @ _filters()
    return np.asarray(np.log(energy + FLOOR * SIZE + 1e-6 * float(energy.mean())), dtype=np.float32)


def best_correlation(template: Bands, longer: Bands) -> float:
    """Return the highest normalised correlation of `template` with any equally long stretch of `longer`, in [-1, 1].

    Each band is centred within the stretch, so gain and a fixed filter drop out. -1 where `longer` is shorter.
    """
    return float(correlations(template, longer).max(initial=-1.0))


def correlations(template: Bands, longer: Bands) -> NDArray[np.float32]:
    """Return the normalised correlation at every lag, float32 `(len(longer) - len(template) + 1,)`."""
    length = len(template)
    lags = len(longer) - length + 1
    if lags < 1 or length < 2:
        return np.zeros(0, dtype=np.float32)
    centred = template - template.mean(axis=0)
    size = fft.next_fast_len(len(longer) + length, real=True)
    spectrum = fft.rfft(longer, size, axis=0) * np.conj(fft.rfft(centred, size, axis=0))
    product = fft.irfft(spectrum.sum(axis=1), size)[:lags]
    energy = _sliding_energy(longer, length)
    scale = np.sqrt(float(np.sum(centred**2)) * np.maximum(energy, 1e-9))
    return np.asarray(product / np.maximum(scale, 1e-9), dtype=np.float32)


def _sliding_energy(longer: Bands, length: int) -> NDArray[np.float64]:
    """Return the centred energy of every stretch of `length` frames."""
    wide = longer.astype(np.float64)
    total = np.vstack([np.zeros((1, wide.shape[1])), np.cumsum(wide, axis=0)])
    square = np.concatenate([[0.0], np.cumsum(np.sum(wide**2, axis=1))])
    sums = total[length:] - total[:-length]
    return np.asarray(square[length:] - square[:-length] - np.sum(sums**2, axis=1) / length)


def loop_score(bands: Bands, shortest: float = 0.3) -> float:
    """Return how exactly a clip repeats itself with one period, in [-1, 1].

    The correlation of the clip with itself, shifted by the best period of at least `shortest` seconds that fits
    into it twice or more.
    """
    first = max(2, round(shortest * FRAME_RATE))
    scores = [_shifted(bands, lag) for lag in range(first, len(bands) // 2 + 1)]
    return max(scores, default=-1.0)


def _shifted(bands: Bands, lag: int) -> float:
    early, late = bands[:-lag], bands[lag:]
    early, late = early - early.mean(axis=0), late - late.mean(axis=0)
    scale = float(np.sqrt(np.sum(early**2) * np.sum(late**2)))
    return float(np.sum(early * late)) / scale if scale > 1e-9 else -1.0
