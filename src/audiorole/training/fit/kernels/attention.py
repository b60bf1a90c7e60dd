"""Causal attention inside each document of a pack, and nowhere else."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from audiorole.training.tokens.packing import Pack

_GQA: dict[str, Any] = {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}


@dataclass(frozen=True)
class Layout:
    """Where the documents of a pack lie, on the device. mask is None where the kernel works from `bounds`.

    bounds: int32 `(documents + 1,)`. mask: bool `(1, 1, tokens, tokens)`, True where a query may look.
    """

    bounds: Tensor
    longest: int
    mask: Tensor | None

    @classmethod
    def of(cls, pack: Pack, device: torch.device | str) -> Layout:
        """Lay out `pack` for `device`: cumulative lengths on a GPU, a block mask elsewhere."""
        bounds = torch.from_numpy(pack.bounds).to(device)
        if bounds.is_cuda:
            return cls(bounds, pack.longest, None)
        document = torch.from_numpy(pack.document).to(device)
        return cls(bounds, pack.longest, (document[:, None] == document[None]).tril()[None, None])


def attend(query: Tensor, key: Tensor, value: Tensor, layout: Layout) -> Tensor:
    """Return attention `(tokens, heads, head)`; query has that shape, key and value may have fewer heads.

    On a GPU this is PyTorch's variable-length flash attention (bf16 or fp16 only); elsewhere masked sdpa.
    """
    if layout.mask is None:
        longest = layout.longest
        attended = varlen_attn(
            query, key, value, layout.bounds, layout.bounds, longest, longest, window_size=(-1, 0), **_GQA
        )
        assert isinstance(attended, Tensor)  # a pair only where the normalisers are asked for
        return attended
    query, key, value = (part.transpose(0, 1)[None] for part in (query, key, value))
    output = scaled_dot_product_attention(query, key, value, attn_mask=layout.mask, enable_gqa=True)
    return output[0].transpose(0, 1)
