"""Somebody who understands listens while the codec learns: the whole of Whisper's encoder, which stays as it is.

The codes must let a reader guess the listener's states and the letters that were said, and what the vocoder makes of
the codes must lead the listener to the states that the real line led to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiorole.experiments.small.codec.config import CodecConfig
from audiorole.experiments.small.codec.encoder import SpeechEncoder, heard_states, layer_sizes, log_mel_rows
from audiorole.experiments.small.codec.vocoder import ConvBlock
from audiorole.training.whisper_vq.encoder import EncoderLayer
from audiorole.training.whisper_vq.features import SAMPLE_RATE


class RecognitionLoss(nn.Module):
    """Log-mel `(batch, bands, frames)` to the states that Whisper's decoder reads, `(batch, states, width)`."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.ears = SpeechEncoder(config, config.ear_depth)
        self.norm = nn.LayerNorm(config.ear_width)
        self.requires_grad_(False)

    def forward(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Return the states; a row has `counts` of them."""
        return self.norm(self.ears(mel, counts))


class Reader(nn.Module):
    """Grid points to the listener's states and to letters. Its layers begin as the listener's behind the ears'."""

    def __init__(self, config: CodecConfig, listener: RecognitionLoss) -> None:
        super().__init__()
        width, sizes = config.ear_width, layer_sizes(config)
        self.enter = nn.Linear(len(config.levels), width)
        self.blocks = nn.ModuleList(ConvBlock(width) for _ in range(2))
        self.layers = nn.ModuleList(EncoderLayer(sizes) for _ in range(config.ear_depth - config.ear_layers))
        self.norm, self.leave = nn.LayerNorm(width), nn.Linear(width, 1 + len(config.characters))
        self.layers.load_state_dict(listener.ears.layers[config.ear_layers :].state_dict())
        self.norm.load_state_dict(listener.norm.state_dict())

    def forward(self, points: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return the states `(batch, codes, width)` and logits `(batch, codes, 1 + letters)`."""
        states = self.enter(points).transpose(1, 2)
        for block in self.blocks:
            states = block(states)
        states, heard = states.transpose(1, 2), heard_states(counts, states.shape[2])
        for layer in self.layers:
            states = layer(states, heard)
        states = self.norm(states)
        return states, self.leave(states)


def listened_mel(samples: Tensor, rate: int, bands: int) -> Tensor:
    """Return Whisper's log-mel of `samples` `(batch, samples)` at `rate` Hz; the gradient goes through."""
    count = samples.shape[1] * SAMPLE_RATE // rate
    resampled = torch.fft.irfft(torch.fft.rfft(samples.float()), n=count) * (SAMPLE_RATE / rate)
    return log_mel_rows(resampled, bands)
