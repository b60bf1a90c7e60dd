"""Whisper's encoder in torch, out of the CTranslate2 file that `audiorole models pull whisper-base` brings."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from audiorole.models.weights.ctranslate2 import Tensors, read_ctranslate2

__all__ = ["encoder_state", "listener_state", "read_ctranslate2"]


def encoder_state(tensors: Tensors, layers: int) -> dict[str, Tensor]:
    """Return the first `layers` encoder layers under the names of transformers' `WhisperEncoder`, float32."""
    state = {
        **_pair(tensors, "encoder/conv1", "conv1"),
        **_pair(tensors, "encoder/conv2", "conv2"),
        "embed_positions.weight": tensors["encoder/position_encodings/encodings"],
    }
    for layer in range(layers):
        state |= _layer(tensors, f"encoder/layer_{layer}", f"layers.{layer}")
    return {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in state.items()}


def _layer(tensors: Tensors, old: str, new: str) -> Tensors:
    attention, ffn = f"{old}/self_attention", f"{old}/ffn"
    weights = np.split(tensors[f"{attention}/linear_0/weight"], 3)
    biases = np.split(tensors[f"{attention}/linear_0/bias"], 3)
    state = {f"{new}.self_attn.{name}_proj.weight": weight for name, weight in zip("qkv", weights, strict=True)}
    state |= {f"{new}.self_attn.{name}_proj.bias": biases[place] for place, name in ((0, "q"), (2, "v"))}
    return {
        **state,
        **_pair(tensors, f"{attention}/linear_1", f"{new}.self_attn.out_proj"),
        **_norm(tensors, f"{attention}/layer_norm", f"{new}.self_attn_layer_norm"),
        **_pair(tensors, f"{ffn}/linear_0", f"{new}.fc1"),
        **_pair(tensors, f"{ffn}/linear_1", f"{new}.fc2"),
        **_norm(tensors, f"{ffn}/layer_norm", f"{new}.final_layer_norm"),
    }


def _pair(tensors: Tensors, old: str, new: str) -> Tensors:
    return {f"{new}.weight": tensors[f"{old}/weight"], f"{new}.bias": tensors[f"{old}/bias"]}


def _norm(tensors: Tensors, old: str, new: str) -> Tensors:
    return {f"{new}.weight": tensors[f"{old}/gamma"], f"{new}.bias": tensors[f"{old}/beta"]}
