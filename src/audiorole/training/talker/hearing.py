"""How a fit hears: the talker's sound in the band of the recordings, at the encoders' rate, a little spoiled."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiorole.audio.band import low_pass

TALKER_RATE, RATE = 24_000, 16_000
BANDS = (0.85, 1.0, 1.1)
"""Shares of the recordings' band edge at which the sound is cut off: one of them for each piece."""
QUIETEST_DB, LOUDEST_DB = 15.0, 40.0
"""Bounds of how far noise lies under the speech, where there is any."""
FFT, HOP, MELS = 512, 200, 48
TALKING_DB = 22.0


class Channel(nn.Module):
    """24 kHz samples `(batch, samples)` → 16 kHz `(batch, samples)` as from a recording that ends at `edge` Hz."""

    filters: Tensor

    def __init__(self, edge: float) -> None:
        super().__init__()
        taps = [torch.from_numpy(low_pass(min(edge * share, 7800.0), 2 * TALKER_RATE).copy()) for share in BANDS]
        self.register_buffer("filters", 2 * torch.stack(taps)[:, None])

    def forward(self, samples: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """draw: where given, each piece has a band, a level and a noise of its own."""
        twice = torch.stack([samples, torch.zeros_like(samples)], dim=2).flatten(1)[:, None]
        padding = self.filters.shape[-1] // 2
        if draw is None:
            return F.conv1d(twice, self.filters[1:2], stride=3, padding=padding)[:, 0]
        which = torch.randint(len(BANDS), (len(samples),), generator=draw)
        heard = F.conv1d(twice.transpose(0, 1), self.filters[which], stride=3, padding=padding, groups=len(samples))[0]
        return _spoiled(heard, draw)


def _spoiled(samples: Tensor, draw: torch.Generator) -> Tensor:
    """Return the samples at other levels, half of them in noise that falls by 3 dB an octave."""
    count = len(samples)
    level = 10 ** (torch.empty(count, 1).uniform_(-6, 6, generator=draw) / 20)
    depth = torch.empty(count, 1).uniform_(QUIETEST_DB, LOUDEST_DB, generator=draw)
    spectrum = torch.fft.rfft(torch.randn(samples.shape, generator=draw))
    pink = torch.fft.irfft(spectrum / torch.arange(1, spectrum.shape[1] + 1).sqrt(), n=samples.shape[1])
    pink = pink / pink.square().mean(dim=1, keepdim=True).sqrt()
    present = torch.rand(count, 1, generator=draw) < 0.5
    share = torch.where(present, 10 ** (-depth / 20), 0.0)
    speech = samples.detach().square().mean(dim=1, keepdim=True).sqrt()
    return (samples + speech * (share * pink).to(samples)) * level.to(samples)


class LongTermSpectrum(nn.Module):
    """16 kHz samples `(batch, samples)` → `(2 * MELS,)`: mean and deviation of log-mel bands where somebody talks.

    The level is taken off; bands end at the recordings' band edge.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, edge: float) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT))
        self.register_buffer("filters", _triangles(edge))

    def forward(self, samples: Tensor) -> Tensor:
        spectrum = torch.stft(samples.float(), FFT, HOP, window=self.window, return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        mel = power.transpose(1, 2) @ self.filters
        level = 10 * torch.log10(mel.detach().sum(dim=2) + 1e-9)
        talking = level > level.quantile(0.95, dim=1, keepdim=True) - TALKING_DB
        logs = (mel[talking] + 1e-7).log()
        mean = logs.mean(dim=0)
        return torch.cat([mean - mean.mean(), logs.std(dim=0)])


def _triangles(edge: float) -> Tensor:
    top = 2595 * math.log10(1 + min(edge, RATE / 2) / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, MELS + 2) / 2595) - 1)
    bins = torch.arange(FFT // 2 + 1)[:, None] * RATE / FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0)
