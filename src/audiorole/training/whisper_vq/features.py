"""Whisper's log-mel spectrogram of one segment, in torch.

The spectrogram is clamped at 8 (log10) under the segment's own maximum, so what a moment looks like depends on where
its segment begins and ends. Each segment is therefore computed alone, never inside a batch of longer ones.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

SAMPLE_RATE = 16_000
WINDOW = 400
HOP = 160


def log_mel(waveform: npt.NDArray[np.float32], bands: int, stride: int, device: torch.device | str = "cpu") -> Tensor:
    """Return Whisper's log-mel of `waveform` as float32 `(bands, frames)`, one frame each 10 ms.

    waveform: float32 `(num_samples,)`, 16 kHz mono, in [-1, 1]; zeros fill it up to a multiple of `stride` samples.
    Source: Radford et al. 2022, sec. 2.2; equal to transformers' `WhisperFeatureExtractor`.
    """
    samples = torch.from_numpy(np.ascontiguousarray(waveform)).to(device, torch.float32)
    samples = torch.nn.functional.pad(samples, (0, -len(samples) % stride))
    window = torch.hann_window(WINDOW, device=device)
    spectrum = torch.stft(samples, WINDOW, HOP, window=window, return_complex=True)[:, :-1].abs().pow(2)
    energy = mel_filters(bands).to(device) @ spectrum
    level = energy.clamp(min=1e-10).log10()
    return (torch.maximum(level, level.max() - 8.0) + 4.0) / 4.0


@cache
def mel_filters(bands: int, sample_rate: int = SAMPLE_RATE, window: int = WINDOW, top: float = 8000.0) -> Tensor:
    """Return triangular filters of equal area, float32 `(bands, window // 2 + 1)`, on Slaney's mel scale."""
    edges = _to_hertz(np.linspace(0.0, _to_mel(top), bands + 2))
    frequencies = np.linspace(0, sample_rate / 2, window // 2 + 1)
    rise = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return torch.from_numpy((np.maximum(0, np.minimum(rise, fall)) * area[:, None]).astype(np.float32))


def _to_mel(hertz: float) -> float:
    """Slaney's scale: linear up to 1 kHz (15 mel), logarithmic above (27 mel each factor of 6.4)."""
    return 3 * hertz / 200 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _to_hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15, 200 * mel / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))
