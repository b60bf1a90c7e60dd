"""Kaldi's log-mel filter banks in torch, so that a gradient passes from a voice to the waveform. Same numbers as
`fbank.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from audiorole.models.voices import fbank


class TorchFbank(torch.nn.Module):
    """Waveforms `(batch, num_samples)`, 16 kHz, in [-1, 1] → `(batch, num_frames, bins)`, mean-normalised over time.

    window: `hamming` or `povey`. scale: 16-bit sample values (WeSpeaker), or 1 (3D-Speaker).
    """

    window: Tensor
    filters: Tensor

    def __init__(self, window: str = "hamming", scale: float = fbank.INT16_SCALE, bins: int = 80) -> None:
        super().__init__()
        analysis = fbank._window(window) * (scale / fbank.INT16_SCALE)
        self.register_buffer("window", torch.from_numpy(analysis.copy()), persistent=False)
        self.register_buffer("filters", torch.from_numpy(fbank._mel_filters(bins).copy()), persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        frames = waveforms.unfold(-1, fbank.FRAME_LENGTH, fbank.FRAME_SHIFT)
        frames = frames - frames.mean(dim=-1, keepdim=True)
        before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
        spectrum = torch.fft.rfft((frames - fbank.PREEMPHASIS * before) * self.window, n=fbank.FFT_LENGTH)
        power = spectrum.real.square() + spectrum.imag.square()
        features = (power @ self.filters).clamp(min=fbank.FLOOR).log()
        return features - features.mean(dim=-2, keepdim=True)
