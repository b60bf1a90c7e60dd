"""What is said: codes and a voice become mel, mel becomes samples. Both look a bounded way to each side."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, gelu, layer_norm, pad

from audiorole.experiments.small.codec.config import CodecConfig
from audiorole.experiments.small.codec.encoder import filters_on

KERNEL = 7
FLOOR = 1e-5
LOUDEST = 100.0
"""Largest magnitude of a bin, as in Vocos: an early vocoder would else shout."""


class ConvBlock(nn.Module):
    """ConvNeXt over time (Liu et al. 2022); `voice` shifts and scales what it normalises."""

    def __init__(self, width: int, voices: int = 0) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = None if voices else nn.LayerNorm(width)
        self.wider, self.back = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))
        self.voice = nn.Linear(voices, 2 * width) if voices else None

    def forward(self, states: Tensor, voice: Tensor | None = None) -> Tensor:
        """Return the next states `(batch, width, length)`; voice: `(batch, voices)`."""
        inner = self.depthwise(states).transpose(1, 2)
        if self.norm is not None:
            inner = self.norm(inner)
        if self.voice is not None:
            gain, shift = self.voice(voice)[:, None].chunk(2, dim=-1)
            inner = layer_norm(inner, inner.shape[-1:]) * (1 + gain) + shift
        return states + (self.back(gelu(self.wider(inner))) * self.scale).transpose(1, 2)


class MelMaker(nn.Module):
    """Grid points `(batch, codes, dimensions)` and voices to log-mel `(batch, bands, 2 · codes)`."""

    VOICE = 128

    def __init__(self, config: CodecConfig, voices: int) -> None:
        super().__init__()
        width, (slow, fast) = config.width, config.blocks
        self.table = nn.Embedding(voices, self.VOICE)
        self.enter = nn.Conv1d(len(config.levels), width, KERNEL, padding=KERNEL // 2)
        self.slow = nn.ModuleList(ConvBlock(width, self.VOICE) for _ in range(slow))
        self.stretch = nn.ConvTranspose1d(width, width, 2, stride=2)
        self.fast = nn.ModuleList(ConvBlock(width, self.VOICE) for _ in range(fast))
        self.norm, self.leave = nn.LayerNorm(width), nn.Linear(width, config.bands)

    def forward(self, points: Tensor, voices: Tensor) -> Tensor:
        """Return the mel; voices: int64 `(batch,)`, places in the table."""
        voice, states = self.table(voices), self.enter(points.transpose(1, 2))
        for block in self.slow:
            states = block(states, voice)
        states = self.stretch(states)
        for block in self.fast:
            states = block(states, voice)
        return self.leave(self.norm(states.transpose(1, 2))).transpose(1, 2)


class Vocoder(nn.Module):
    """Log-mel `(batch, bands, frames)` to samples `(batch, frames · hop)`, by an inverse STFT (Vocos, Siuzdak 2023)."""

    window: Tensor

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.hop, self.window_size, width = config.hop, 4 * config.hop, config.voice_width
        self.enter = nn.Conv1d(config.bands, width, KERNEL, padding=KERNEL // 2)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(ConvBlock(width) for _ in range(config.voice_blocks))
        self.last_norm, self.leave = nn.LayerNorm(width), nn.Linear(width, self.window_size + 2)
        self.register_buffer("window", torch.hann_window(self.window_size), persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """Return the samples."""
        states = self.norm(self.enter(mel).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            states = block(states)
        size, phase = self.leave(self.last_norm(states.transpose(1, 2))).float().transpose(1, 2).chunk(2, dim=1)
        size = size.exp().clamp(max=LOUDEST)
        return self._samples(torch.complex(size * phase.cos(), size * phase.sin()))

    def _samples(self, spectrum: Tensor) -> Tensor:
        """Overlap-add; frame n ends hop · (n + 1) samples in, so that frames · hop samples come out."""
        frames = spectrum.shape[-1]
        pieces = torch.fft.irfft(spectrum, n=self.window_size, dim=1) * self.window[None, :, None]
        weight = self.window.square()[None, :, None].expand(1, -1, frames)
        total = self.hop * (frames - 1) + self.window_size
        edge = (self.window_size - self.hop) // 2
        joined, weights = (self._overlap(part, total)[:, edge : total - edge] for part in (pieces, weight))
        return joined / weights.clamp(min=1e-8)

    def _overlap(self, pieces: Tensor, total: int) -> Tensor:
        size = {"kernel_size": (1, self.window_size), "stride": (1, self.hop)}
        return fold(pieces, output_size=(1, total), **size)[:, 0, 0]


def target_mel(waveforms: Tensor, config: CodecConfig) -> Tensor:
    """Return the natural-log mel of `waveforms` `(batch, samples)` at the codec's rate, `(batch, bands, frames)`.

    frames = samples // hop; frame n lies around sample hop · (n + ½), as the vocoder puts it.
    """
    window_size = 4 * config.hop
    edge = (window_size - config.hop) // 2
    padded = pad(waveforms.float()[:, None], (edge, edge), mode="reflect")[:, 0]
    window = torch.hann_window(window_size, device=waveforms.device)
    spectrum = torch.stft(padded, window_size, config.hop, window=window, center=False, return_complex=True)
    filters = filters_on(waveforms.device, config.bands, config.sample_rate, window_size)
    energy = filters @ (spectrum.abs() + 1e-9)
    return energy.clamp(min=FLOOR).log()
