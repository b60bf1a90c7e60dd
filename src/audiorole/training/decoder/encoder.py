"""The code encoder of the flow: a pre-norm transformer with relative positions, causal between blocks of codes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import silu


class CodeEncoder(nn.Module):
    """Embedded codes `(batch, codes, inputs)` → `(batch, codes, width)`; a code sees its block and all before it."""

    def __init__(self, inputs: int, width: int, heads: int, ffn: int, layers: int, block: int) -> None:
        super().__init__()
        self.width, self.block = width, block
        self.embed = nn.ModuleDict({"out": nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width))})
        self.encoders = nn.ModuleList(_Layer(width, heads, ffn) for _ in range(layers))
        self.after_norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """Return the encoded codes. valid: bool `(batch, codes)`, False where a row is filling."""
        states = self.embed["out"](states) * math.sqrt(self.width)
        length = states.shape[1]
        mask = self._mask(length, states.device) & valid[:, None, None]
        positions = relative_positions(length, self.width, states.device, states.dtype)
        for layer in self.encoders:
            states = layer(states, positions, mask)
        return self.after_norm(states)

    def _mask(self, length: int, device: torch.device | str) -> Tensor:
        place = torch.arange(length, device=device)
        block = place // self.block
        return (place[:, None] >= place) | (block[:, None] == block)


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, ffn: int) -> None:
        super().__init__()
        self.self_attn = _RelativeAttention(width, heads)
        self.feed_forward = nn.ModuleDict({"w_1": nn.Linear(width, ffn), "w_2": nn.Linear(ffn, width)})
        self.norm_ff, self.norm_mha = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, states: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        states = states + self.self_attn(self.norm_mha(states), positions, mask)
        return states + self.feed_forward["w_2"](silu(self.feed_forward["w_1"](self.norm_ff(states))))


class _RelativeAttention(nn.Module):
    """Attention with relative positions (Dai et al. 2019, sec. 3.3), in espnet's parameterization."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.linear_q, self.linear_k = nn.Linear(width, width), nn.Linear(width, width)
        self.linear_v, self.linear_out = nn.Linear(width, width), nn.Linear(width, width)
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, self.head))
        self.pos_bias_v = nn.Parameter(torch.zeros(heads, self.head))

    def forward(self, states: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (
            project(states).unflatten(-1, (self.heads, self.head))
            for project in (self.linear_q, self.linear_k, self.linear_v)
        )
        place = self.linear_pos(positions).unflatten(-1, (self.heads, self.head))
        content = torch.einsum("bqhd,bkhd->bhqk", query + self.pos_bias_u, key)
        distance = _by_key(torch.einsum("bqhd,rhd->bhqr", query + self.pos_bias_v, place))
        scores = (content + distance) / math.sqrt(self.head)
        weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()
        return self.linear_out(torch.einsum("bhqk,bkhd->bqhd", weights, value).flatten(2))


def relative_positions(length: int, width: int, device: torch.device | str, dtype: torch.dtype) -> Tensor:
    """Return sinusoids of the distances `length - 1` … `-(length - 1)`, `(2 · length - 1, width)`."""
    distance = torch.arange(length - 1, -length, -1, device=device, dtype=torch.float32)
    rate = torch.exp(torch.arange(0, width, 2, device=device, dtype=torch.float32) * (-math.log(10_000.0) / width))
    angle = distance[:, None] * rate
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1).to(dtype)


def _by_key(scores: Tensor) -> Tensor:
    """Turn scores by distance `(…, length, 2 · length - 1)` into scores by key `(…, length, length)`."""
    length = scores.shape[-2]
    place = torch.arange(length, device=scores.device)
    index = length - 1 - place[:, None] + place  # the column of distance query - key
    return scores.gather(-1, index.expand(*scores.shape[:-2], length, length))
