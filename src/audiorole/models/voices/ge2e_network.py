"""The GE2E voice encoder in torch: three LSTM layers over mel power. Source: Wan et al. 2018, arXiv:1710.10467.

Weights by Resemblyzer, which hears windows of 1.6 s at a level of at least -30 dBFS and averages their voices.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from audiorole.errors import WeightsError

RATE, FFT, HOP, BANDS = 16_000, 400, 160, 40
WINDOW_FRAMES, STEP_FRAMES = 160, 80
LEAST_RMS = 10 ** (-30 / 20)


class Ge2eVoice(nn.Module):
    """Waveforms `(batch, num_samples)` at 16 kHz → voices `(batch, 256)`, L2 norm 1."""

    window: Tensor
    filters: Tensor

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
            self.load_state_dict({name: one for name, one in weights.items() if not name.startswith("similarity")})
        except (RuntimeError, OSError, KeyError, TypeError) as error:
            raise WeightsError(f"{path.name} is not Resemblyzer's voice encoder: {error}") from error
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)
        self.register_buffer("filters", torch.from_numpy(slaney_filters()), persistent=False)
        self.eval().requires_grad_(False)

    def forward(self, waveforms: Tensor) -> Tensor:
        level = waveforms.square().mean(dim=1, keepdim=True).sqrt()
        loud = waveforms * (LEAST_RMS / level.clamp(min=1e-6)).clamp(min=1.0)
        spectrum = torch.stft(loud, FFT, HOP, window=self.window, pad_mode="constant", return_complex=True)
        mel = (spectrum.real.square() + spectrum.imag.square()).transpose(1, 2) @ self.filters
        mel = F.pad(mel, (0, 0, 0, max(0, WINDOW_FRAMES - mel.shape[1])))
        windows = mel.unfold(1, WINDOW_FRAMES, STEP_FRAMES).transpose(2, 3)
        _, (state, _) = self.lstm(windows.flatten(0, 1))
        voices = F.normalize(F.relu(self.linear(state[-1])), dim=1).unflatten(0, windows.shape[:2])
        return F.normalize(voices.mean(dim=1), dim=1)


def slaney_filters() -> NDArray[np.float32]:
    """Return mel triangles of equal area, float32 `(FFT // 2 + 1, BANDS)`: Slaney's Auditory Toolbox, 1998."""
    edges = _hertz(np.linspace(0, _mel(RATE / 2), BANDS + 2))
    bins = np.linspace(0, RATE / 2, FFT // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))
    return filters.astype(np.float32)


_LINEAR_HZ, _BREAK_HZ, _LOG_STEP = 200 / 3, 1000.0, np.log(6.4) / 27


def _mel(hertz: float) -> float:
    """Return Slaney's mel: linear up to 1 kHz, logarithmic above."""
    above = _BREAK_HZ / _LINEAR_HZ + np.log(max(hertz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return float(above) if hertz > _BREAK_HZ else hertz / _LINEAR_HZ


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    start = _BREAK_HZ / _LINEAR_HZ
    return np.where(mels > start, _BREAK_HZ * np.exp(_LOG_STEP * (mels - start)), mels * _LINEAR_HZ)
