"""Log band energies, and the correlation of two clips over every lag: is this recording inside that one?"""

from __future__ import annotations

from collections.abc import Mapping
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
FLAT = 1e-3  # mean square of log energies, once centred, under which a clip is silence


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    """Return triangles on the mel scale, float64 `(SIZE // 2 + 1, NUM_BANDS)`."""
    mel = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), NUM_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.fft.rfftfreq(SIZE, 1 / SAMPLE_RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def _mel(frequency: float) -> float:
    return float(2595 * np.log10(1 + frequency / 700))


def log_bands(waveform: Waveform) -> Bands:
    """Return log band energies, float32 `(num_frames, 20)` at 31.25 frames a second; level does not matter.

    The floor is 60 dB under the clip's mean power, so silence between words is the same whatever the noise there.
    """
    if len(waveform) < SIZE:
        return np.zeros((0, NUM_BANDS), dtype=np.float32)
    # float64 inside: how float32 sums round depends on where the samples lie in memory.
    frames = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), SIZE)[::HOP]
    spectrum = fft.rfft(frames * np.hanning(SIZE), axis=1)
    energy = (spectrum.real**2 + spectrum.imag**2) @ _filters()
    return np.asarray(np.log(energy + FLOOR * SIZE + 1e-6 * float(energy.mean())), dtype=np.float32)


class Bank:
    """Band energies that stretches are sought in. spans: name → (first, last + 1) frame of what lies in it.

    Overlap–save: the spectra of its blocks are kept, so that half an hour of speech is searched in a few milliseconds.
    """

    def __init__(self, bands: Bands, spans: Mapping[str, tuple[int, int]] | None = None) -> None:
        self.bands, self.spans = bands, dict(spans or {})
        self._spectra: dict[int, NDArray[np.complex64]] = {}
        self._energy: dict[int, NDArray[np.float64]] = {}

    @classmethod
    def of(cls, parts: Mapping[str, Bands]) -> Bank:
        """Return the bank of named parts, one after another."""
        ends = np.cumsum([0, *(len(part) for part in parts.values())]).tolist()
        spans = {name: (ends[at], ends[at + 1]) for at, name in enumerate(parts)}
        return cls(np.concatenate(list(parts.values())) if parts else np.zeros((0, NUM_BANDS), np.float32), spans)

    def best_correlation(self, template: Bands, without: str = "") -> float:
        """Return the highest normalised correlation of `template` with any equally long stretch, in [-1, 1].

        Each band is centred within the stretch, so gain and a fixed filter drop out. -1 where the bank is shorter.
        without: a part that is not looked at.
        """
        found = self.correlations(template)
        start, end = self.spans.get(without, (0, 0))
        if end > start:
            found[max(0, start - len(template) + 1) : end] = -1.0
        return float(found.max(initial=-1.0))

    def correlations(self, template: Bands) -> NDArray[np.float32]:
        """Return the normalised correlation at every lag, float32 `(len(bank) - len(template) + 1,)`."""
        length = len(template)
        lags = len(self.bands) - length + 1
        if lags < 1 or length < 2:
            return np.zeros(0, dtype=np.float32)
        centred = template - template.mean(axis=0)
        block = max(MIN_BLOCK, fft.next_fast_len(4 * length, real=True))
        product = self._spectrum(block) * np.conj(fft.rfft(centred, block, axis=0))
        valid = fft.irfft(product.sum(axis=2), block, axis=1)[:, : block // 2 + 1]
        scale = np.sqrt(float(np.sum(centred**2)) * np.maximum(self._energies(length), 1e-9))
        return np.asarray(valid.reshape(-1)[:lags] / np.maximum(scale, 1e-9), dtype=np.float32)

    def _spectrum(self, block: int) -> NDArray[np.complex64]:
        """Return the spectra of blocks that step by half and one, complex64 `(num_blocks, block // 2 + 1, bands)`."""
        if block not in self._spectra:
            step = block // 2 + 1
            count = -(-len(self.bands) // step)
            padded = np.pad(self.bands, ((0, count * step + block - len(self.bands)), (0, 0)))
            blocks = np.lib.stride_tricks.sliding_window_view(padded, block, axis=0)[::step][:count]
            self._spectra[block] = fft.rfft(blocks, block, axis=2).transpose(0, 2, 1).astype(np.complex64)
        return self._spectra[block]

    def _energies(self, length: int) -> NDArray[np.float64]:
        if length not in self._energy:
            self._energy = {length: _sliding_energy(self.bands, length), **dict(list(self._energy.items())[:2])}
        return self._energy[length]


MIN_BLOCK = 512
"""Frames of a block: templates of 2.5 s are 78."""


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
    return float(np.sum(early * late)) / scale if scale > FLAT * early.size else -1.0
