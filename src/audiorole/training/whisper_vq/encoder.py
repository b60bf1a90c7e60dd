"""The encoder, with the parameter names of the published checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad, scaled_dot_product_attention

from audiorole.errors import ConfigError, InputError
from audiorole.training.safetensor_shards import ShardReader
from audiorole.training.whisper_vq.features import HOP

PREFIX = "model.encoder."
FIXED = {
    "pooling_type": "avg",
    "encoder_causal_convolution": True,
    "activation_function": "gelu",
    "scale_embedding": False,
}


@dataclass(frozen=True)
class WhisperVqConfig:
    """The part of the published `config.json` that shapes the encoder."""

    d_model: int
    encoder_attention_heads: int
    encoder_ffn_dim: int
    num_mel_bins: int
    max_source_positions: int
    quantize_position: int
    quantize_vocab_size: int
    quantize_causal_block_size: int
    pooling_kernel_size: int

    @classmethod
    def of(cls, published: Mapping[str, int]) -> WhisperVqConfig:
        """Read a published configuration. Raises `ConfigError` for one that this encoder does not compute."""
        for key, value in FIXED.items():
            if published.get(key, value) != value:
                raise ConfigError(f"Speech tokenizer: {key} is {published[key]!r}; only {value!r} is supported.")
        missing = [key for key in (*cls.__annotations__, "pooling_position") if published.get(key) is None]
        if missing:
            raise ConfigError(f"Speech tokenizer: config.json has no {', '.join(missing)}.")
        if published["pooling_position"] != published["quantize_position"]:
            raise ConfigError("Speech tokenizer: pooling and quantization must follow the same layer.")
        return cls(**{key: published[key] for key in cls.__annotations__})

    @property
    def stride(self) -> int:
        """Samples for each code: two frames for each state, `pooling_kernel_size` states for each code."""
        return 2 * self.pooling_kernel_size * HOP


class WhisperVqEncoder(nn.Module):
    """Log-mel to codes. Frames before a code's own block of 200 states count, frames after it never do."""

    def __init__(self, config: WhisperVqConfig) -> None:
        super().__init__()
        width = config.d_model
        self.config = config
        self.conv1 = nn.Conv1d(config.num_mel_bins, width, 3)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2)
        self.embed_positions = nn.Embedding(config.max_source_positions, width)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.quantize_position))
        self.codebook = nn.Embedding(config.quantize_vocab_size, width)

    def forward(self, features: Tensor, num_samples: Tensor) -> Tensor:
        """Return the codes of each segment, int64 `(batch, states // pooling)`.

        features: float32 `(batch, bands, frames)`, each segment's own log-mel followed by anything; frames divide by
        2 · pooling. num_samples: int64 `(batch,)`, samples that are no filling. A segment has
        ceil(num_samples / stride) codes; what stands behind them in its row means nothing.
        """
        states = gelu(self.conv1(pad(features, (2, 0))))  # causal: two frames of zeros before, none after
        states = gelu(self.conv2(pad(states, (2, 0)))).transpose(1, 2)
        states = states + self.embed_positions.weight[: states.shape[1]]
        mask = self._mask(states.shape[1], num_samples)
        for layer in self.layers:
            states = layer(states, mask)
        pooled = nn.functional.avg_pool1d(states.transpose(1, 2), self.config.pooling_kernel_size).transpose(1, 2)
        return self._nearest(pooled)

    def _mask(self, length: int, num_samples: Tensor) -> Tensor:
        """Return bool `(batch, 1, length, length)`: a state sees earlier states and its own block, never filling."""
        place = torch.arange(length, device=num_samples.device)
        block = place // self.config.quantize_causal_block_size
        seen = (place[:, None] >= place) | (block[:, None] == block)
        heard = place * 2 * HOP < num_samples[:, None]
        return seen[None, None] & heard[:, None, None]

    def _nearest(self, states: Tensor) -> Tensor:
        codebook, flat = self.codebook.weight, states.flatten(0, 1)
        squares = codebook.pow(2).sum(1) + flat.pow(2).sum(1, keepdim=True)
        return torch.addmm(squares, flat, codebook.T, alpha=-2).argmin(1).view(states.shape[:2])


class EncoderLayer(nn.Module):
    """A pre-norm transformer layer, as Whisper's."""

    def __init__(self, config: WhisperVqConfig) -> None:
        super().__init__()
        width = config.d_model
        self.self_attn = Attention(width, config.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, config.encoder_ffn_dim), nn.Linear(config.encoder_ffn_dim, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the next states `(batch, length, width)`."""
        states = states + self.self_attn(self.self_attn_layer_norm(states), mask)
        return states + self.fc2(gelu(self.fc1(self.final_layer_norm(states))))


class Attention(nn.Module):
    """Multi-head attention under a mask; Whisper's keys have no bias."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the attended states `(batch, length, width)`."""
        parts = (project(states) for project in (self.q_proj, self.k_proj, self.v_proj))
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        attended = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out_proj(attended.transpose(1, 2).flatten(2))


def load_encoder(folder: Path, device: torch.device | str = "cpu") -> WhisperVqEncoder:
    """Load the published checkpoint in `folder` (config.json and safetensors), float32, ready to find codes.

    Of the checkpoint's other tensors (what follows the codebook, and the codebook's own training) none is read.

    Raises `InputError` where a tensor is missing or of another shape.
    """
    encoder = WhisperVqEncoder(WhisperVqConfig.of(json.loads((folder / "config.json").read_text())))
    reader, wanted = ShardReader(folder), encoder.state_dict()
    lacking = sorted(key for key in wanted if PREFIX + key not in reader.names())
    if lacking:
        raise InputError(str(folder), f"lacks {PREFIX}{lacking[0]}")
    for key, tensor in wanted.items():
        if reader.shape(PREFIX + key) != tuple(tensor.shape):
            raise InputError(
                str(folder), f"{key} is {reader.shape(PREFIX + key)}, config.json says {tuple(tensor.shape)}"
            )
        tensor.copy_(reader.read(PREFIX + key))
    encoder.to(device).eval().requires_grad_(False)
    return encoder


def fingerprint(folder: Path) -> str:
    """Return a SHA-256 over the configuration and the weights: codes of two tokenizers never mix in a cache."""
    digest = hashlib.sha256()
    for path in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
