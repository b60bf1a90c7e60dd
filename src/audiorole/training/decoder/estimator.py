"""The flow's velocity field: a one-dimensional U-Net with transformer blocks, as in Matcha-TTS (Mehta et al. 2024)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, mish, scaled_dot_product_attention, silu

GROUPS = 8
HEAD = 64


class VelocityField(nn.Module):
    """`(state, conditions, time) → velocity`, all `(batch, channels, frames)`.

    inputs: channels of everything stacked (state, codes, speaker, prompt); outputs: mel bands; blocks: transformer
    blocks after each residual one; middle: residual blocks at half the frame rate.
    """

    def __init__(self, inputs: int, outputs: int, channels: int, heads: int, blocks: int, middle: int) -> None:
        super().__init__()
        self.inputs = inputs
        time = 4 * channels
        self.time_mlp = nn.ModuleDict({"linear_1": nn.Linear(inputs, time), "linear_2": nn.Linear(time, time)})

        def stage(width: int, change: nn.Module | None) -> nn.ModuleList:
            attention = nn.ModuleList(_Transformer(channels, heads) for _ in range(blocks))
            parts = [_Residual(width, channels, time), attention]
            return nn.ModuleList(parts if change is None else [*parts, change])

        def same() -> nn.Module:
            return nn.Conv1d(channels, channels, 3, padding=1)

        down = nn.ModuleDict({"conv": nn.Conv1d(channels, channels, 3, 2, 1)})
        up = nn.ModuleDict({"conv": nn.ConvTranspose1d(channels, channels, 4, 2, 1)})
        self.down_blocks = nn.ModuleList([stage(inputs, down), stage(channels, same())])
        self.mid_blocks = nn.ModuleList(stage(channels, None) for _ in range(middle))
        self.up_blocks = nn.ModuleList([stage(2 * channels, up), stage(2 * channels, same())])
        self.final_block = _Block(channels, channels)
        self.final_proj = nn.Conv1d(channels, outputs, 1)

    def forward(self, states: Tensor, valid: Tensor, time: Tensor) -> Tensor:
        """Return the velocity.

        states: everything stacked, `(batch, inputs, frames)`; valid: `(batch, 1, frames)`; time: `(batch,)` in [0, 1].
        """
        step = self._embed(time)
        half = valid[:, :, ::2]
        down, level = (list(stage.children()) for stage in self.down_blocks)
        up, last = (list(stage.children()) for stage in self.up_blocks)
        wide = _run(down, states, valid, step)
        narrow = _run(level, down[2].get_submodule("conv")(wide * valid), half, step)
        states = level[2](narrow * half)
        for block in self.mid_blocks:
            states = _run(list(block.children()), states, half, step)
        states = _run(up, torch.cat((states, narrow), 1), half, step)
        states = up[2].get_submodule("conv")(states * half)[..., : wide.shape[-1]]
        states = _run(last, torch.cat((states, wide), 1), valid, step)
        states = self.final_block(last[2](states * valid), valid)
        return self.final_proj(states * valid) * valid

    def _embed(self, time: Tensor) -> Tensor:
        half = self.inputs // 2
        rate = torch.exp(torch.arange(half, device=time.device) * (-math.log(10_000.0) / (half - 1)))
        angle = 1000 * time.float()[:, None] * rate
        wave = torch.cat((angle.sin(), angle.cos()), dim=-1).to(self.final_proj.weight.dtype)
        return self.time_mlp["linear_2"](silu(self.time_mlp["linear_1"](wave)))


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv1d(inputs, outputs, 3, padding=1), nn.GroupNorm(GROUPS, outputs), nn.Mish())

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        return self.block(states * valid) * valid


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, time: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Mish(), nn.Linear(time, outputs))
        self.block1, self.block2 = _Block(inputs, outputs), _Block(outputs, outputs)
        self.res_conv = nn.Conv1d(inputs, outputs, 1)

    def forward(self, states: Tensor, valid: Tensor, step: Tensor) -> Tensor:
        hidden = self.block1(states, valid) + self.mlp[1](mish(step))[..., None]
        return self.block2(hidden, valid) + self.res_conv(states * valid)


class _Transformer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        inner = heads * HEAD
        self.heads = heads
        self.norm1, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width)
        output = nn.ModuleList([nn.Linear(inner, width)])
        projections = {name: nn.Linear(width, inner, bias=False) for name in ("to_q", "to_k", "to_v")}
        self.attn1 = nn.ModuleDict({**projections, "to_out": output})
        first = nn.ModuleDict({"proj": nn.Linear(width, 4 * width)})
        self.ff = nn.ModuleDict({"net": nn.ModuleList([first, nn.Identity(), nn.Linear(4 * width, width)])})

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        normed = self.norm1(states)
        query, key, value = (
            self.attn1[name](normed).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name in ("to_q", "to_k", "to_v")
        )
        attended = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = states + self.attn1.get_submodule("to_out.0")(attended.transpose(1, 2).flatten(2))
        first, second = self.ff.get_submodule("net.0.proj"), self.ff.get_submodule("net.2")
        return states + second(gelu(first(self.norm3(states))))


def _run(stage: Sequence[nn.Module], states: Tensor, valid: Tensor, step: Tensor) -> Tensor:
    """Return the stage's residual block and transformers, without its change of rate."""
    states = stage[0](states, valid, step).transpose(1, 2)
    mask = valid.bool()[
        :, None
    ]  # filling is no key; the published code adds 1 to every score instead, which is nothing
    for block in stage[1].children():
        states = block(states, mask)
    return states.transpose(1, 2)
