"""From features to samples: a harmonic source at the given pitch, upsampling blocks, an inverse STFT.

Source: Kaneko et al. 2022 (iSTFTNet, arXiv:2203.02395), Wang et al. 2019 (harmonic plus noise source).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiorole.models.talker.adaptive import SnakeBlock
from audiorole.models.talker.sizes import SAMPLE_RATE, TalkerSizes

VOICED_HZ = 10.0
SINE, NOISE = 0.1, 0.003
"""Amplitude of each harmonic, and of the noise under it; where nothing is voiced noise is a third of a harmonic."""


class HarmonicSource(nn.Module):
    """Pitch `(batch, frames)` in Hz → excitation `(batch, samples)`. No gradient passes to the pitch."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        self.step = sizes.samples_per_pitch
        self.harmonics = sizes.harmonics
        self.l_linear = nn.Linear(sizes.harmonics, 1)

    def forward(self, pitch: Tensor, noise: Tensor) -> Tensor:
        """noise: standard normal `(batch, samples, harmonics)`."""
        with torch.no_grad(), torch.autocast(pitch.device.type, enabled=False):
            sines = SINE * torch.sin(self._phases(pitch.float()))
            voiced = (pitch > VOICED_HZ).repeat_interleave(self.step, dim=1)[:, :, None]
            waves = torch.where(voiced, sines + NOISE * noise, SINE / 3 * noise)
            return torch.tanh(self.l_linear(waves)).squeeze(2)

    def _phases(self, pitch: Tensor) -> Tensor:
        """Return the phase of each harmonic in radians, `(batch, samples, harmonics)`, linear between frames."""
        numbers = torch.arange(1, self.harmonics + 1, device=pitch.device, dtype=pitch.dtype)
        turns = (pitch[:, None] * numbers[:, None] / SAMPLE_RATE).remainder(1).cumsum(dim=2)
        phases = turns * (2 * math.pi * self.step)
        return F.interpolate(phases, scale_factor=float(self.step), mode="linear").transpose(1, 2)


class Generator(nn.Module):
    """Features `(batch, channels, frames of pitch)` → samples `(batch, samples)`."""

    window: Tensor

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        self.fft, self.hop = sizes.fft, sizes.hop
        self.m_source = HarmonicSource(sizes)
        widths = [sizes.generator // 2**place for place in range(len(sizes.rates) + 1)]
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(widths[at], widths[at + 1], kernel, rate, padding=(kernel - rate) // 2)
            for at, (rate, kernel) in enumerate(zip(sizes.rates, sizes.kernels, strict=True))
        )
        self.resblocks = nn.ModuleList(
            SnakeBlock(width, kernel, sizes.style) for width in widths[1:] for kernel in sizes.block_kernels
        )
        self.noise_convs = nn.ModuleList(_noise_convolutions(sizes, widths[1:]))
        self.noise_res = nn.ModuleList(
            SnakeBlock(width, kernel, sizes.style)
            for width, kernel in zip(widths[1:], sizes.noise_kernels, strict=True)
        )
        self.conv_post = nn.Conv1d(widths[-1], sizes.fft + 2, 7, padding=3)
        self.register_buffer("window", torch.hann_window(sizes.fft), persistent=False)

    def forward(self, values: Tensor, style: Tensor, excitation: Tensor) -> Tensor:
        source = self._source(excitation).to(values.dtype)
        for at, up in enumerate(self.ups):
            added = self.noise_res[at](self.noise_convs[at](source), style)
            values = up(F.leaky_relu(values, 0.1))
            if at == len(self.ups) - 1:
                values = F.pad(values, (1, 0), mode="reflect")
            values = self._mean_of_blocks(at, values + added, style)
        return self._samples(self.conv_post(F.leaky_relu(values)))

    def _source(self, excitation: Tensor) -> Tensor:
        """Return magnitude and phase of the excitation, `(batch, fft + 2, frames)`."""
        with torch.autocast(excitation.device.type, enabled=False), torch.no_grad():
            spectrum = torch.stft(excitation, self.fft, self.hop, window=self.window, return_complex=True)
            return torch.cat([spectrum.abs(), spectrum.angle()], dim=1)

    def _mean_of_blocks(self, at: int, values: Tensor, style: Tensor) -> Tensor:
        count = len(self.resblocks) // len(self.ups)
        blocks = self.resblocks[at * count : (at + 1) * count]
        return sum((block(values, style) for block in blocks), torch.zeros_like(values)) / count

    def _samples(self, values: Tensor) -> Tensor:
        with torch.autocast(values.device.type, enabled=False):
            level, angle = values.float().split(self.fft // 2 + 1, dim=1)
            spectrum = torch.polar(torch.exp(level), torch.sin(angle))
            return torch.istft(spectrum, self.fft, self.hop, window=self.window)


def _noise_convolutions(sizes: TalkerSizes, widths: list[int]) -> list[nn.Conv1d]:
    """Return what brings the source down to the time axis of each stage."""
    found = []
    for at, width in enumerate(widths):
        stride = math.prod(sizes.rates[at + 1 :])
        kernel, padding = (2 * stride, (stride + 1) // 2) if stride > 1 else (1, 0)
        found.append(nn.Conv1d(sizes.fft + 2, width, kernel, stride, padding))
    return found
