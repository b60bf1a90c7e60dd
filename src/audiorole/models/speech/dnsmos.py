"""DNSMOS, one 9.01 s window per line instead of the reference's sliding loop.

The reference (microsoft/DNS-Challenge, DNSMOS/dnsmos_local.py) slides the window by one second, which costs nine
times as much; here a longer waveform is cut into windows side by side, a shorter one is repeated as in the reference.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import scipy.fft

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard, Mos
from audiorole.models.session import open_session

Doubles = npt.NDArray[np.float64]

SAMPLE_RATE = 16000
WINDOW = 144160  # 9.01 s, the models' fixed input
LOWEST = 1.0

# Raw scores → P.835 scale, highest power first; the non-personalised fit of the reference.
SPEECH_FIT = (-0.08397278, 1.22083953, 0.0052439)
BACKGROUND_FIT = (-0.13166888, 1.60915514, -0.39604546)
OVERALL_FIT = (-0.06766283, 1.11546468, 0.04602535)

# Features of the P.808 model: librosa's mel spectrogram with n_fft=321 in decibels under the loudest.
MEL_FFT, MEL_HOP, MEL_BINS, MEL_FRAMES = 321, 160, 120, 900
DYNAMIC_RANGE_DB = 80.0


class _Dnsmos(Embedded):
    """What the two networks share: windows in, the mean over a waveform's windows out."""

    name: ClassVar[str]
    batch: ClassVar[int] = 1  # windows a call: the activations of one already fill the cache

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._run = self._open(self.weight_paths(location)[0], threads)
        self.card = ModelCard(self.name, self.licence(), self.fingerprint(location), SAMPLE_RATE)

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        """Return the network: features of windows `(batch, ...)` → raw scores `(batch, num_scores)`."""
        session = open_session(path, threads)
        name = session.get_inputs()[0].name
        return lambda features: np.asarray(session.run(None, {name: features})[0])

    def mos(self, waveforms: Sequence[Floats]) -> list[Mos]:
        """Return the scores of each waveform; the lowest score, 1, for one without samples or with only zeros."""
        windows = [_windows(waveform) if np.any(waveform) else [] for waveform in waveforms]
        raw = iter(self._raw([window for group in windows for window in group]))
        return [self._scaled(np.stack([next(raw) for _ in group])) if group else Mos(LOWEST) for group in windows]

    def _raw(self, windows: Sequence[Floats]) -> Iterator[Doubles]:
        for first in range(0, len(windows), self.batch):
            features = np.stack([self._features(window) for window in windows[first : first + self.batch]])
            yield from self._run(features).astype(np.float64)

    @abstractmethod
    def _features(self, window: Floats) -> Floats: ...

    @abstractmethod
    def _scaled(self, raw: Doubles) -> Mos: ...


class Dnsmos(_Dnsmos):
    """Overall quality (ITU-T P.808), thirty times faster than P.835. Source: Reddy et al. 2021, arXiv:2010.15258."""

    weights = ("dnsmos-p808.onnx",)
    name = "dnsmos"

    def _features(self, window: Floats) -> Floats:
        return mel_decibels(window[:-MEL_HOP])

    def _scaled(self, raw: Doubles) -> Mos:
        return Mos(_clipped(raw[:, 0]))


class DnsmosP835(_Dnsmos):
    """Speech, background and overall quality (ITU-T P.835). Source: Reddy, Gopal, Cutler 2022, arXiv:2110.01763."""

    weights = ("dnsmos-p835.onnx",)
    name = "dnsmos-p835"

    def _features(self, window: Floats) -> Floats:
        return window

    def _scaled(self, raw: Doubles) -> Mos:
        fits = (SPEECH_FIT, BACKGROUND_FIT, OVERALL_FIT)
        speech, background, overall = (_clipped(np.asarray(np.polyval(fit, raw[:, i]))) for i, fit in enumerate(fits))
        return Mos(overall, speech, background)


def mel_decibels(waveform: Floats) -> Floats:
    """Return the P.808 features, float32 `(900, 120)`: decibels under the loudest, scaled to [-1, 1]."""
    padded = np.pad(waveform, MEL_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, MEL_FFT)[::MEL_HOP][:MEL_FRAMES]
    window = np.hanning(MEL_FFT + 1)[:-1].astype(np.float32)  # periodic, as librosa's
    spectrum = scipy.fft.rfft(frames * window, axis=1)
    mel = (np.square(spectrum.real) + np.square(spectrum.imag)) @ _slaney_filters()
    decibels = 10 * np.log10(np.maximum(mel, 1e-10))
    decibels -= decibels.max()
    return np.asarray(np.maximum(decibels, -DYNAMIC_RANGE_DB) / 40 + 1, dtype=np.float32)


@lru_cache(maxsize=1)
def _slaney_filters() -> Floats:
    """Return triangles of equal area on Slaney's mel scale (librosa's default), float32 `(161, 120)`."""
    edges = _slaney_hertz(np.linspace(0.0, _slaney_top(), MEL_BINS + 2))
    hertz = np.arange(MEL_FFT // 2 + 1) * SAMPLE_RATE / MEL_FFT
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (hertz[:, None] - left) / (middle - left)
    falling = (right - hertz[:, None]) / (right - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left), dtype=np.float32)


def _slaney_top() -> float:
    return 15 + 27 * float(np.log(SAMPLE_RATE / 2 / 1000) / np.log(6.4))


def _slaney_hertz(
    mels: Doubles,
) -> Doubles:
    """Linear (200/3 Hz a mel) below 1 kHz, then 27 steps to 6.4 kHz."""
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((np.maximum(mels, 15) - 15) / 27))


def _windows(waveform: Floats) -> list[Floats]:
    """Cut into windows side by side; the last one ends at the end. Repeat what is shorter than one."""
    count = len(waveform)
    if count <= WINDOW:
        return [np.resize(waveform, WINDOW).astype(np.float32, copy=False)]
    starts = [*range(0, count - WINDOW, WINDOW), count - WINDOW]
    return [waveform[start : start + WINDOW].astype(np.float32, copy=False) for start in starts]


def _clipped(scores: Doubles) -> float:
    return float(np.clip(np.mean(scores), 1.0, 5.0))
