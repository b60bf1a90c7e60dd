"""Frozen linear layers in 4 bits: NormalFloat codes, one scale for each 64 weights (Dettmers et al. 2023, QLoRA)."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from audiorole.errors import ConfigError
from audiorole.training.fit.kernels.compiled import run

BLOCK = 64
"""Weights that share a scale, as in the paper; 4.25 bits a weight with float16 scales."""

LEVELS = (
    -1.0,
    -0.6961928009986877,
    -0.5250730514526367,
    -0.39491748809814453,
    -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495,
    0.0,
    0.07958029955625534,
    0.16093020141124725,
    0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434,
    0.5626170039176941,
    0.7229568362236023,
    1.0,
)
"""Quantiles of the standard normal distribution, scaled to [-1, 1] (the paper's appendix E)."""


class Nf4Linear(nn.Linear):
    """A frozen `nn.Linear` whose weight is two 4-bit codes a byte; made dense again whenever it is used."""

    scales: Tensor

    @classmethod
    def of(cls, linear: nn.Linear, device: torch.device | str | None = None) -> Nf4Linear:
        """Quantize `linear`. Raises `ConfigError` where its number of weights does not divide by 64."""
        layer = cls(linear.in_features, linear.out_features, bias=linear.bias is not None, device="meta")
        packed, scales = quantize(linear.weight.detach().to(device))
        layer.weight = nn.Parameter(packed, requires_grad=False)
        layer.register_buffer("scales", scales)
        if linear.bias is not None:
            layer.bias = nn.Parameter(linear.bias.detach().to(device), requires_grad=False)
        return layer

    def dense(self, dtype: torch.dtype) -> Tensor:
        """Return the weight `(outputs, inputs)` in `dtype`."""
        return dequantize(self.weight, self.scales, dtype).view(self.out_features, self.in_features)

    def forward(self, states: Tensor) -> Tensor:
        """Return the layer's output for `states` `(…, inputs)`."""
        return nn.functional.linear(states, self.dense(states.dtype), self.bias)


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes, uint8 `(weights / 2,)`, and scales, float16 `(weights / 64,)`, of `weight`."""
    if weight.numel() % BLOCK:
        raise ConfigError(f"A weight of shape {tuple(weight.shape)} does not divide into blocks of {BLOCK}.")
    blocks = weight.float().view(-1, BLOCK)
    scales = blocks.abs().amax(1, keepdim=True).half()
    levels = torch.tensor(LEVELS, device=weight.device)
    units = blocks / scales.float().clamp(min=torch.finfo(torch.float16).tiny)
    codes = torch.bucketize(units, (levels[1:] + levels[:-1]) / 2).to(torch.uint8).view(-1, 2)
    return codes[:, 0] << 4 | codes[:, 1], scales[:, 0]


def dequantize(packed: Tensor, scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the `(weights,)` of `packed` codes `(weights / 2,)` and `scales` `(weights / 64,)`, in `dtype`."""
    return run(_dense, packed, scales, _levels(packed.device), dtype)


@cache
def _levels(device: torch.device | str) -> Tensor:
    return torch.tensor(LEVELS, device=device)


def _dense(packed: Tensor, scales: Tensor, levels: Tensor, dtype: torch.dtype) -> Tensor:
    codes = torch.stack((packed >> 4, packed & 15), dim=-1).view(-1, BLOCK).int()
    return (levels[codes] * scales.float()[:, None]).to(dtype).view(-1)
