"""HiFT (Li et al. 2023): mel to waveform by a harmonic source, filters and a short inverse Fourier transform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from audiorole.errors import ConfigError
from audiorole.training.decoder.mel import SAMPLE_RATE

DILATIONS = (1, 3, 5)
SLOPE = 0.1
SINE_AMPLITUDE, NOISE_STD, VOICED_HZ = 0.1, 0.003, 10.0
"""Of the harmonic source, as published: sines of 0.1, noise of 0.003 under them, unvoiced below 10 Hz."""
LIMIT = 0.99


@dataclass(frozen=True)
class HiftConfig:
    """Sizes; the defaults are the published vocoder's."""

    bands: int = 80
    channels: int = 512
    rates: tuple[int, ...] = (8, 8)
    window: int = 16
    hop: int = 4
    harmonics: int = 8
    kernels: tuple[int, ...] = (3, 7, 11)
    source_kernels: tuple[int, ...] = (7, 11)
    f0_channels: int = 512

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor]) -> HiftConfig:
        """Read the sizes off the (folded) tensors of a checkpoint."""
        try:
            channels, bands, _ = state["conv_pre.weight"].shape
            rates = tuple(state[f"ups.{index}.weight"].shape[2] // 2 for index in _indices(state, "ups."))
            blocks = [state[f"resblocks.{i}.convs1.0.weight"].shape[2] for i in _indices(state, "resblocks.")]
            sources = _indices(state, "source_resblocks.")
            return cls(
                bands=bands,
                channels=channels,
                rates=rates,
                window=len(state["conv_post.weight"]) - 2,
                hop=(len(state["conv_post.weight"]) - 2) // 4,
                harmonics=state["m_source.l_linear.weight"].shape[1] - 1,
                kernels=tuple(blocks[: len(blocks) // len(rates)]),
                source_kernels=tuple(state[f"source_resblocks.{i}.convs1.0.weight"].shape[2] for i in sources),
                f0_channels=len(state["f0_predictor.condnet.0.weight"]),
            )
        except KeyError as error:
            raise ConfigError(f"The vocoder checkpoint has no tensor {error}: it is not GLM-4-Voice's HiFT.") from None

    @property
    def samples_per_frame(self) -> int:
        """Samples for each mel frame."""
        return math.prod(self.rates) * self.hop


class Hift(nn.Module):
    """Log-mel to waveform at 22.05 kHz."""

    def __init__(self, config: HiftConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels // 2 ** (stage + 1) for stage in range(len(config.rates))]
        self.m_source = nn.ModuleDict({"l_linear": nn.Linear(config.harmonics + 1, 1)})
        self.conv_pre = nn.Conv1d(config.bands, config.channels, 7, padding=3)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(2 * width, width, 2 * rate, rate, padding=rate // 2)
            for width, rate in zip(widths, config.rates, strict=True)
        )
        self.source_downs = nn.ModuleList(self._source_down(stage, width) for stage, width in enumerate(widths))
        self.source_resblocks = nn.ModuleList(
            _ResBlock(width, kernel) for width, kernel in zip(widths, config.source_kernels, strict=True)
        )
        self.resblocks = nn.ModuleList(_ResBlock(width, kernel) for width in widths for kernel in config.kernels)
        self.conv_post = nn.Conv1d(widths[-1], config.window + 2, 7, padding=3)
        self.f0_predictor = _PitchPredictor(config.bands, config.f0_channels)

    def forward(self, mel: Tensor, seed: int = 0, source: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the waveform `(num_samples,)` of `mel` `(bands, frames)`, and the source that it was filtered from.

        source: `(given,)`, samples that replace the first ones of the source, so that a stream goes on in phase.
        """
        excitation = self._excite(self.f0_predictor(mel[None]), seed)
        if source is not None:
            excitation = torch.cat((source[None], excitation[:, len(source) :]), dim=1)
        return self._filter(mel[None], excitation)[0], excitation[0]

    def _excite(self, pitch: Tensor, seed: int) -> Tensor:
        """Return sines at multiples of `pitch` (Hz, `(batch, frames)`) where it is voiced, noise elsewhere."""
        config, random = self.config, torch.Generator().manual_seed(seed)
        pitch = pitch.repeat_interleave(config.samples_per_frame, dim=1)[..., None]
        multiples = torch.arange(1, config.harmonics + 2, device=pitch.device)
        phase = 2 * math.pi * ((pitch.double() * multiples / SAMPLE_RATE).cumsum(1) % 1).float()
        shift = (torch.rand(len(pitch), 1, config.harmonics + 1, generator=random) * 2 - 1) * math.pi
        shift[..., 0] = 0
        voiced = (pitch > VOICED_HZ).float()
        noise = torch.randn(phase.shape, generator=random).to(pitch.device)
        level = voiced * NOISE_STD + (1 - voiced) * SINE_AMPLITUDE / 3
        waves = SINE_AMPLITUDE * torch.sin(phase + shift.to(pitch.device)) * voiced + level * noise
        return torch.tanh(self.m_source["l_linear"](waves))[..., 0]

    def _filter(self, mel: Tensor, excitation: Tensor) -> Tensor:
        config, states = self.config, self.conv_pre(mel)
        window = torch.hann_window(config.window, device=mel.device)
        spectrum = torch.stft(excitation, config.window, config.hop, window=window, return_complex=True)
        spectrum = torch.cat((spectrum.real, spectrum.imag), dim=1)
        per_stage = len(config.kernels)
        for stage, (rise, fall, smooth) in enumerate(
            zip(self.ups, self.source_downs, self.source_resblocks, strict=True)
        ):
            states = rise(leaky_relu(states, SLOPE))
            if stage == len(self.ups) - 1:
                states = pad(states, (1, 0), mode="reflect")
            states = states + smooth(fall(spectrum))
            blocks = self.resblocks[stage * per_stage : (stage + 1) * per_stage]
            states = sum(block(states) for block in blocks) / per_stage
        return self._invert(self.conv_post(leaky_relu(states)), window)

    def _invert(self, states: Tensor, window: Tensor) -> Tensor:
        half = self.config.window // 2 + 1
        magnitude, phase = states[:, :half].exp().clamp(max=100.0), states[:, half:].sin()
        spectrum = torch.polar(magnitude, phase)
        waveform = torch.istft(spectrum, self.config.window, self.config.hop, window=window)
        return waveform.clamp(-LIMIT, LIMIT)

    def _source_down(self, stage: int, width: int) -> nn.Module:
        rate = math.prod(self.config.rates[stage + 1 :])
        if rate == 1:
            return nn.Conv1d(self.config.window + 2, width, 1)
        return nn.Conv1d(self.config.window + 2, width, 2 * rate, rate, padding=rate // 2)


class _ResBlock(nn.Module):
    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=d, padding=(kernel * d - d) // 2) for d in DILATIONS
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(width, width, kernel, padding=kernel // 2) for _ in DILATIONS)
        self.activations1 = nn.ModuleList(_Snake(width) for _ in DILATIONS)
        self.activations2 = nn.ModuleList(_Snake(width) for _ in DILATIONS)

    def forward(self, states: Tensor) -> Tensor:
        parts = zip(self.activations1, self.convs1, self.activations2, self.convs2, strict=True)
        for first, wide, second, narrow in parts:
            states = states + narrow(second(wide(first(states))))
        return states


class _Snake(nn.Module):
    """x + sin²(αx) / α (Ziyin et al. 2020)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(width))

    def forward(self, states: Tensor) -> Tensor:
        alpha = self.alpha[:, None]
        return states + torch.sin(states * alpha).pow(2) / (alpha + 1e-9)


class _PitchPredictor(nn.Module):
    def __init__(self, bands: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs in (bands, *[channels] * 4):
            layers += [nn.Conv1d(inputs, channels, 3, padding=1), nn.ELU()]
        self.condnet = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Return the pitch in Hz, `(batch, frames)`."""
        return self.classifier(self.condnet(mel).transpose(1, 2))[..., 0].abs()


def _indices(state: Mapping[str, Tensor], prefix: str) -> list[int]:
    return sorted({int(key[len(prefix) :].split(".")[0]) for key in state if key.startswith(prefix)})
