"""Who hears that a voice is made: periods of the waveform (HiFi-GAN) and spectra at several resolutions (UnivNet)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad
from torch.nn.utils.parametrizations import weight_norm

PERIODS = (2, 3, 5, 7, 11)
WINDOWS = (256, 512, 1024)
SLOPE = 0.1

Scored = tuple[list[Tensor], list[list[Tensor]]]
"""Scores of each judge, and the states that led to them."""


class Discriminators(nn.Module):
    """All discriminators. Waveforms `(batch, samples)` in, scores and states out."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        periods = [PeriodDiscriminator(period, channels) for period in PERIODS]
        self.judges = nn.ModuleList([*periods, *(SpectrumDiscriminator(window, channels) for window in WINDOWS)])

    def forward(self, waveforms: Tensor) -> Scored:
        """Return what each judge says of `waveforms`."""
        heard = [judge(waveforms) for judge in self.judges]
        return [states[-1] for states in heard], [states[:-1] for states in heard]

    def compare(self, real: Tensor, made: Tensor) -> tuple[Scored, Scored]:
        """Return what each judge says of `real` and of `made`, heard as one batch."""
        scores, states = self(torch.cat((real, made)))
        first, second = (
            (
                [score.chunk(2)[half] for score in scores],
                [[state.chunk(2)[half] for state in one] for one in states],
            )
            for half in (0, 1)
        )
        return first, second


class PeriodDiscriminator(nn.Module):
    """Looks at every `period`-th sample at once."""

    def __init__(self, period: int, channels: int) -> None:
        super().__init__()
        self.period = period
        widths = (1, channels, 4 * channels, 16 * channels, 32 * channels)
        layers = [_conv(old, new, (5, 1), (3, 1)) for old, new in pairwise(widths)]
        layers.append(_conv(widths[-1], widths[-1], (5, 1), (1, 1)))
        self.layers, self.last = nn.ModuleList(layers), _conv(widths[-1], 1, (3, 1), (1, 1))

    def forward(self, waveforms: Tensor) -> list[Tensor]:
        """Return, for `(batch, samples)`, the states after each layer and, last, the scores: `(batch, channels, …)`."""
        padded = pad(waveforms, (0, -waveforms.shape[1] % self.period), mode="reflect")
        return _climb(padded.view(len(padded), 1, -1, self.period), self.layers, self.last)


class SpectrumDiscriminator(nn.Module):
    """Looks at the magnitudes of an STFT."""

    window: Tensor

    def __init__(self, window: int, channels: int) -> None:
        super().__init__()
        self.size, width = window, 2 * channels
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        strides = ((1, 1), (2, 1), (2, 1), (2, 1), (1, 1))
        widths = (1, *(width for _ in strides))
        self.layers = nn.ModuleList(
            _conv(old, new, (5, 3), stride) for (old, new), stride in zip(pairwise(widths), strides, strict=True)
        )
        self.last = _conv(width, 1, (3, 3), (1, 1))

    def forward(self, waveforms: Tensor) -> list[Tensor]:
        """Return, for `(batch, samples)`, the states after each layer and, last, the scores: `(batch, channels, …)`."""
        spectrum = torch.stft(waveforms.float(), self.size, self.size // 4, window=self.window, return_complex=True)
        return _climb((spectrum.abs() + 1e-3).pow(0.3)[:, None], self.layers, self.last)


def _climb(states: Tensor, layers: nn.ModuleList, last: nn.Module) -> list[Tensor]:
    found = []
    for layer in layers:
        states = leaky_relu(layer(states), SLOPE)
        found.append(states)
    return [*found, last(states)]


def _conv(old: int, new: int, kernel: tuple[int, int], stride: tuple[int, int]) -> nn.Module:
    padding = (kernel[0] // 2, kernel[1] // 2)
    normed: nn.Module = weight_norm(nn.Conv2d(old, new, kernel, stride, padding))
    return normed
