"""Finite scalar quantization (Mentzer et al. 2023): a few numbers, each rounded to one of a few levels."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ScalarQuantizer(nn.Module):
    """Vectors `(…, dimensions)` to points of a grid, and points to codes. It has no weights and no dead codes."""

    counts: Tensor
    half_width: Tensor
    span: Tensor
    offset: Tensor
    shift: Tensor
    bases: Tensor

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        counts = torch.tensor(levels)
        bases = torch.cumprod(torch.tensor((1, *levels[:-1])), 0)
        half = (counts - 1) * 1.001 / 2
        offset = (counts % 2 == 0) / 2
        self.register_buffer("counts", counts, persistent=False)
        self.register_buffer("half_width", counts // 2, persistent=False)
        self.register_buffer("span", half, persistent=False)
        self.register_buffer("offset", offset, persistent=False)
        self.register_buffer("shift", torch.atanh(offset / half), persistent=False)
        self.register_buffer("bases", bases, persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return the grid points in [-1, 1] nearest to bounded `values`; the gradient goes through the rounding."""
        bounded = self._bound(values.float())
        rounded = bounded + (bounded.round() - bounded).detach()
        return rounded / self.half_width

    def codes(self, points: Tensor) -> Tensor:
        """Return the code of each grid point, int64 `(…)`."""
        places = (points * self.half_width).round() + self.half_width
        return (places.long() * self.bases).sum(-1)

    def points(self, codes: Tensor) -> Tensor:
        """Return the grid point of each code, float32 `(…, dimensions)`."""
        return (self.places(codes) - self.half_width) / self.half_width

    def places(self, codes: Tensor) -> Tensor:
        """Return which level of each dimension a code has, int64 `(…, dimensions)`, from 0."""
        return (codes[..., None] // self.bases) % self.counts

    def _bound(self, values: Tensor) -> Tensor:
        """Squeeze each number into the range that rounds to its levels; an even count sits half a step low."""
        return torch.tanh(values + self.shift) * self.span - self.offset
