"""The same way through packed documents for `LlamaForCausalLM`: other names, and a rotary embedding by halves."""

from __future__ import annotations

import torch
from torch import Tensor

from audiorole.training.fit.kernels.attention import Layout, attend
from audiorole.training.fit.kernels.elementwise import add_rms_norm, rotate_halves, swiglu
from audiorole.training.fit.kernels.linear import apply_linears
from audiorole.training.fit.packed_glm import PackedGlm, PackedLayer


class PackedLlamaLayer(PackedLayer):
    """One decoder layer; holds transformers' `LlamaDecoderLayer`."""

    def forward(
        self, residual: Tensor, update: Tensor | None, cos: Tensor, sin: Tensor, layout: Layout
    ) -> tuple[Tensor, Tensor]:
        """Take and return the residual stream and the last update that is not yet added to it, `(tokens, hidden)` each.

        cos, sin: of each token's position, float32 `(tokens, pairs)`.
        """
        layer, attention, mlp = self.layer, self.layer.self_attn, self.layer.mlp
        norm = layer.input_layernorm
        residual, states = add_rms_norm(residual, update, norm.weight, norm.variance_epsilon)
        query, key, value = apply_linears(states, [attention.q_proj, attention.k_proj, attention.v_proj])
        query, key, value = (part.unflatten(-1, (-1, self.head)) for part in (query, key, value))
        query, key = rotate_halves(query, cos, sin), rotate_halves(key, cos, sin)
        (update,) = apply_linears(attend(query, key, value, layout).flatten(1), [attention.o_proj])
        norm = layer.post_attention_layernorm
        residual, states = add_rms_norm(residual, update, norm.weight, norm.variance_epsilon)
        gate_up = torch.cat(apply_linears(states, [mlp.gate_proj, mlp.up_proj]), dim=-1)
        (update,) = apply_linears(swiglu(gate_up), [mlp.down_proj])
        return residual, update


class PackedLlama(PackedGlm):
    """Losses of a pack under a `LlamaForCausalLM` (or the one inside a PEFT model)."""

    layer_kind = PackedLlamaLayer
