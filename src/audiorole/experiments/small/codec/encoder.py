"""What is heard: Whisper's log-mel and the first layers of its encoder, 50 states a second."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from audiorole.experiments.small.codec.config import CodecConfig
from audiorole.training.whisper_vq.encoder import EncoderLayer, WhisperVqConfig
from audiorole.training.whisper_vq.features import HOP, SAMPLE_RATE, WINDOW, mel_filters

STATES = 1500
"""Whisper's window, 30 s."""
STRIDE = 2 * HOP
"""16 kHz samples a state."""


class SpeechEncoder(nn.Module):
    """Log-mel to the states after the first `layers` layers; names of the parameters as in `whisper_vq`."""

    def __init__(self, config: CodecConfig, layers: int) -> None:
        super().__init__()
        width = config.ear_width
        self.conv1 = nn.Conv1d(config.ear_bands, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(STATES, width)
        sizes = layer_sizes(config)
        self.layers = nn.ModuleList(EncoderLayer(sizes) for _ in range(layers))

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Return the states of `mel` `(batch, bands, frames)`; a row has `counts` states, the rest is filling."""
        states = gelu(self.conv2(gelu(self.conv1(mel)))).transpose(1, 2)
        states = states + self.embed_positions.weight[: states.shape[1]]
        heard = heard_states(counts, states.shape[1])
        for layer in self.layers:
            states = layer(states, heard)
        return states


def heard_states(counts: Tensor, length: int) -> Tensor:
    """Return the mask `(batch, 1, 1, length)` of attention: a row has `counts` states, the rest is filling."""
    return (torch.arange(length, device=counts.device) < counts[:, None])[:, None, None]


def log_mel_rows(waveforms: Tensor, bands: int) -> Tensor:
    """Return Whisper's log-mel of each row of `waveforms` `(batch, samples)`, `(batch, bands, samples // 160)`.

    Each row is clamped at 8 (log10) under its own maximum; filling with zeros does not raise that.
    """
    window = torch.hann_window(WINDOW, device=waveforms.device)
    spectrum = torch.stft(waveforms.float(), WINDOW, HOP, window=window, pad_mode="constant", return_complex=True)
    energy = filters_on(waveforms.device, bands, SAMPLE_RATE, WINDOW) @ spectrum[..., :-1].abs().pow(2)
    level = energy.clamp(min=1e-10).log10()
    return (torch.maximum(level, level.amax((1, 2), keepdim=True) - 8.0) + 4.0) / 4.0


@cache
def filters_on(device: torch.device | str, bands: int, sample_rate: int, window: int) -> Tensor:
    """Return mel filters `(bands, window // 2 + 1)` up to half the sample rate, kept on `device`."""
    with torch.inference_mode(False):  # what is kept must serve gradients too
        return mel_filters(bands, sample_rate, window, sample_rate / 2).to(device)


def layer_sizes(config: CodecConfig) -> WhisperVqConfig:
    """Return the sizes of one layer of the ears."""
    return WhisperVqConfig(
        d_model=config.ear_width,
        encoder_attention_heads=config.ear_heads,
        encoder_ffn_dim=config.ear_ffn,
        num_mel_bins=config.ear_bands,
        max_source_positions=STATES,
        quantize_position=config.ear_layers,
        quantize_vocab_size=1,
        quantize_causal_block_size=STATES,
        pooling_kernel_size=1,
    )
