"""The forward pass of `GlmForCausalLM` over packed documents, from transformers' own modules and PEFT's adapters.

The network's parameters stay where transformers and PEFT keep them, so saving, loading and generating are theirs; only
the way through a training step is ours: documents isolated by construction, fused element-wise parts, no cache, and a
head that sees labelled rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from audiorole.training.fit.kernels.attention import Layout, attend
from audiorole.training.fit.kernels.elementwise import add_rms_norm, rotate, swiglu
from audiorole.training.fit.kernels.linear import apply_linears
from audiorole.training.fit.kernels.loss import chunked_cross_entropy
from audiorole.training.tokens.packing import IGNORED, Pack

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.models.glm.modeling_glm import GlmDecoderLayer, GlmRMSNorm, GlmRotaryEmbedding


@dataclass(frozen=True)
class Batch:
    """A pack on the device. ids `(tokens,)`; rows: int64, the labelled positions; targets, weights: theirs."""

    ids: Tensor
    positions: Tensor
    layout: Layout
    rows: Tensor
    targets: Tensor
    weights: Tensor

    @classmethod
    def of(
        cls,
        pack: Pack,
        device: torch.device | str,
        first_audio: int = 0,
        text_weight: float = 1,
        audio_weight: float = 1,
    ) -> Batch:
        """Move `pack` to `device`. A target behind audio, an id from `first_audio` on, weighs `audio_weight`.

        What stands before it decides, so that all that can come at one place weigh the same: else a reply's end, which
        is text, would be learned as less likely than it is.
        """
        targets, ids, positions = (torch.from_numpy(part) for part in (pack.targets, pack.ids, pack.positions))
        rows = (targets != IGNORED).nonzero()[:, 0]
        targets = targets[rows]
        weights = torch.where(ids[rows] >= first_audio, float(audio_weight), float(text_weight))
        moved = (part.to(device) for part in (ids, positions, rows, targets, weights))
        ids, positions, rows, targets, weights = moved
        return cls(ids, positions, Layout.of(pack, device), rows, targets, weights)


@dataclass(frozen=True)
class Losses:
    """total: the weighted sum over labelled rows, with gradient. nll: float32 `(rows,)`, each row's own, without."""

    total: Tensor
    nll: Tensor


class PackedLayer(nn.Module):
    """One decoder layer over packed states; holds transformers' layer, so FSDP2 can shard it as a unit."""

    def __init__(self, layer: GlmDecoderLayer, head: int) -> None:
        super().__init__()
        self.layer, self.head = layer, head

    def forward(
        self, residual: Tensor, update: Tensor | None, cos: Tensor, sin: Tensor, layout: Layout
    ) -> tuple[Tensor, Tensor]:
        """Take and return the residual stream and the last update that is not yet added to it, `(tokens, hidden)` each.

        cos, sin: of each token's position, float32 `(tokens, pairs)`.
        """
        layer, attention, mlp = self.layer, self.layer.self_attn, self.layer.mlp
        residual, states = _norm(layer.input_layernorm, residual, update)
        query, key, value = apply_linears(states, [attention.q_proj, attention.k_proj, attention.v_proj])
        query, key, value = (part.unflatten(-1, (-1, self.head)) for part in (query, key, value))
        attended = attend(rotate(query, cos, sin), rotate(key, cos, sin), value, layout).flatten(1)
        (update,) = apply_linears(attended, [attention.o_proj])
        residual, states = _norm(layer.post_attention_layernorm, residual, update)
        (gate_up,) = apply_linears(states, [mlp.gate_up_proj])
        (update,) = apply_linears(swiglu(gate_up), [mlp.down_proj])
        return residual, update


class PackedGlm(nn.Module):
    """Losses of a pack under `model`, a `GlmForCausalLM` (or the one inside a PEFT model).

    recomputed: how many layers keep only their input and are computed again in the backward pass.
    """

    layer_kind: type[PackedLayer] = PackedLayer

    def __init__(self, model: PreTrainedModel, recomputed: int = 0) -> None:
        super().__init__()
        core, self.recomputed = model.model, recomputed
        self.embed, self.norm, self.head = core.embed_tokens, core.norm, model.lm_head
        self.layers = nn.ModuleList(self.layer_kind(layer, model.config.head_dim) for layer in core.layers)
        self.rotary = core.rotary_emb

    def forward(self, batch: Batch) -> Losses:
        """Return the losses of the labelled rows of `batch`."""
        _, states = _norm(self.norm, *self.hidden(batch))  # all rows: a static shape compiles once
        total, nll = chunked_cross_entropy(states[batch.rows], self.head.weight, batch.targets, batch.weights)
        return Losses(total, nll)

    def hidden(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the residual stream and the last layer's update, each `(tokens, hidden)`."""
        residual, update = self.embed(batch.ids), None
        cos, sin = _angles(self.rotary, batch.positions)
        for index, layer in enumerate(self.layers):
            arguments = (residual, update, cos, sin, batch.layout)
            if index < self.recomputed and self.training:
                residual, update = checkpoint(layer, *arguments, use_reentrant=False)
            else:
                residual, update = layer(*arguments)
        return residual, update


def _norm(module: GlmRMSNorm, residual: Tensor, update: Tensor | None) -> tuple[Tensor, Tensor]:
    return add_rms_norm(residual, update, module.weight, module.variance_epsilon)


def _angles(rotary: GlmRotaryEmbedding, positions: Tensor) -> tuple[Tensor, Tensor]:
    angles = positions[:, None].float() * rotary.inv_freq.float()
    return torch.cos(angles), torch.sin(angles)
