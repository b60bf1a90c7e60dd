"""Levels of nine bands, 125 times a second, and the print that is read off them at any speed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft

SAMPLE_RATE = 8000
"""Hz of what levels are taken of; above 3.5 kHz small codecs differ."""

HOP, WINDOW = 64, 512
"""Samples: a level every 8 ms, over 64 ms."""

LEVEL_RATE = SAMPLE_RATE / HOP
NUM_BANDS = 9
LOW_HZ, HIGH_HZ = 180.0, 3500.0

FRAME = 0.032
"""Seconds of a print's frame."""

REACH = 0.064
"""Seconds before and behind a frame's time between which the bands' rise is taken."""

FLOOR = 1e-3
"""Power below which a band is silent, for samples in [-1, 1]: what dither and codecs put there is no sound."""

Print = NDArray[np.uint8]
"""One byte a frame of 32 ms, `(num_frames,)`."""

Curves = NDArray[np.float32]


def _band_matrix() -> NDArray[np.float32]:
    edges = np.geomspace(LOW_HZ, HIGH_HZ, NUM_BANDS + 1)
    bins = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    return ((bins[:, None] >= edges[None, :-1]) & (bins[:, None] < edges[None, 1:])).astype(np.float32)


_BANDS = _band_matrix()
_HANN = np.hanning(WINDOW).astype(np.float32)


@dataclass(frozen=True)
class Levels:
    """Log power of nine bands, float32 `(num_levels, 9)`, 125 a second; the first one is at 0 s."""

    values: Curves

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.values) / LEVEL_RATE

    def at(self, times: NDArray[np.float64]) -> Curves:
        """Return the levels at `times` (seconds), between two of them by a straight line; the ends go on for ever."""
        places = np.clip(times * LEVEL_RATE, 0, len(self.values) - 1.001)
        before = places.astype(np.int64)
        share = (places - before).astype(np.float32)[:, None]
        return np.asarray(self.values[before] * (1 - share) + self.values[before + 1] * share)

    def rises(self, times: NDArray[np.float64], rate: float = 1.0) -> Curves:
        """Return how much more each band rose around `times` than the one below it, float32 `(num_times, 8)`.

        rate: seconds of this recording for a second of the print's.
        """
        change = self.at(times + REACH * rate) - self.at(times - REACH * rate)
        return np.asarray(change[:, 1:] - change[:, :-1])


def levels_of(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> Levels:
    """Return the levels of a recording that comes in blocks of mono float32 samples."""
    resampler = soxr.ResampleStream(sample_rate, SAMPLE_RATE, 1, dtype="float32")
    found, rest = list[Curves](), np.zeros(WINDOW // 2, dtype=np.float32)
    for block in blocks:
        rest = np.concatenate([rest, resampler.resample_chunk(block)])
        count = max(0, (len(rest) - WINDOW) // HOP + 1)
        found.append(_powers(rest, count))
        rest = rest[count * HOP :]
    rest = np.concatenate([rest, resampler.resample_chunk(np.zeros(0, np.float32), last=True)])
    rest = np.pad(rest, (0, WINDOW // 2 + HOP))
    found.append(_powers(rest, max(2, (len(rest) - WINDOW) // HOP + 1)))
    return Levels(np.concatenate(found))


def _powers(samples: NDArray[np.float32], count: int) -> Curves:
    """Return the levels of the first `count` windows of `samples`."""
    if not count:
        return np.zeros((0, NUM_BANDS), dtype=np.float32)
    samples = np.pad(samples, (0, max(0, (count - 1) * HOP + WINDOW - len(samples))))
    views = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP][:count]
    return np.concatenate([_block(views[first : first + 4096]) for first in range(0, count, 4096)])


def _block(views: NDArray[np.float32]) -> Curves:
    spectrum = fft.rfft(views * _HANN, axis=1)
    return np.asarray(np.log((spectrum.real**2 + spectrum.imag**2) @ _BANDS + FLOOR), dtype=np.float32)


def print_of(levels: Levels, rate: float = 1.0, offset: float = 0.0) -> Print:
    """Return the print, uint8 `(num_frames,)`.

    rate, offset: frame k is taken at `offset + rate * 0.032 * k` seconds.
    """
    count = max(0, int((levels.duration - offset) / (FRAME * rate)))
    times = offset + rate * FRAME * np.arange(count, dtype=np.float64)
    return np.packbits(levels.rises(times, rate) > 0, axis=1)[:, 0]
