"""Whisper out of a CTranslate2 folder, as transformers' Whisper: one set of weights for both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import WhisperConfig, WhisperForConditionalGeneration

from audiorole.errors import WeightsError
from audiorole.models.weights.ctranslate2 import Tensors, read_ctranslate2

ATTENTIONS = {"self_attention": "self_attn", "attention": "encoder_attn"}


def whisper_network(folder: Path) -> WhisperForConditionalGeneration:
    """Return the network in `folder`, float16 on the CPU. Raises `InputError`, `WeightsError`."""
    tensors = read_ctranslate2(folder / "model.bin")
    try:
        network = WhisperForConditionalGeneration(_config(tensors)).half().eval()
        missing, _ = network.load_state_dict(whisper_state(tensors), strict=False)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{folder} holds no Whisper that is known here: {error}") from error
    if lacking := [name for name in missing if name != "proj_out.weight"]:  # the output is the embedding, once more
        raise WeightsError(f"{folder} lacks {len(lacking)} tensors of Whisper: {lacking[0]} …")
    network.tie_weights()
    return network


def whisper_state(tensors: Tensors) -> dict[str, Tensor]:
    """Return the tensors under transformers' names, float16."""
    named: Tensors = {
        **_pair(tensors, "encoder/conv1", "encoder.conv1"),
        **_pair(tensors, "encoder/conv2", "encoder.conv2"),
        "decoder.embed_tokens.weight": tensors["decoder/embeddings/weight"],
    }
    for part in ("encoder", "decoder"):
        named[f"{part}.embed_positions.weight"] = tensors[f"{part}/position_encodings/encodings"]
        named |= _norm(tensors, f"{part}/layer_norm", f"{part}.layer_norm")
        for layer in range(_layers(tensors, part)):
            named |= _layer(tensors, f"{part}/layer_{layer}", f"{part}.layers.{layer}")
    return {f"model.{name}": torch.from_numpy(np.array(value, dtype=np.float16)) for name, value in named.items()}


def _config(tensors: Tensors) -> WhisperConfig:
    size = tensors["decoder/embeddings/weight"].shape
    heads, wide = int(tensors["encoder/num_heads"]), len(tensors["encoder/layer_0/ffn/linear_0/bias"])
    return WhisperConfig(
        vocab_size=size[0], d_model=size[1], num_mel_bins=tensors["encoder/conv1/weight"].shape[1],
        encoder_layers=_layers(tensors, "encoder"), decoder_layers=_layers(tensors, "decoder"),
        encoder_attention_heads=heads, decoder_attention_heads=heads, encoder_ffn_dim=wide, decoder_ffn_dim=wide,
        attn_implementation="eager",  # the others do not tell what is attended to
    )  # fmt: skip


def _layers(tensors: Tensors, part: str) -> int:
    return sum(name.startswith(f"{part}/layer_") and name.endswith("/ffn/linear_0/bias") for name in tensors)


def _layer(tensors: Tensors, old: str, new: str) -> Tensors:
    state: Tensors = {}
    for theirs, ours in ATTENTIONS.items():
        if f"{old}/{theirs}/linear_0/weight" in tensors:
            state |= _attention(tensors, f"{old}/{theirs}", f"{new}.{ours}")
    return {
        **state,
        **_norm(tensors, f"{old}/ffn/layer_norm", f"{new}.final_layer_norm"),
        **_pair(tensors, f"{old}/ffn/linear_0", f"{new}.fc1"),
        **_pair(tensors, f"{old}/ffn/linear_1", f"{new}.fc2"),
    }


def _attention(tensors: Tensors, old: str, new: str) -> Tensors:
    """Return one attention. linear_0 holds query, key and value, or the query alone and linear_1 the other two."""
    weight, bias = tensors[f"{old}/linear_0/weight"], tensors[f"{old}/linear_0/bias"]
    last = "linear_1"
    if len(weight) == weight.shape[1]:
        weight = np.concatenate([weight, tensors[f"{old}/linear_1/weight"]])
        bias = np.concatenate([bias, tensors[f"{old}/linear_1/bias"]])
        last = "linear_2"
    weights, biases = np.split(weight, 3), np.split(bias, 3)
    state = {f"{new}.{name}_proj.weight": part for name, part in zip("qkv", weights, strict=True)}
    state |= {f"{new}.q_proj.bias": biases[0], f"{new}.v_proj.bias": biases[2]}  # Whisper's keys have none
    state |= _pair(tensors, f"{old}/{last}", f"{new}.out_proj")
    return state | _norm(tensors, f"{old}/layer_norm", f"{new}_layer_norm")


def _pair(tensors: Tensors, old: str, new: str) -> Tensors:
    return {f"{new}.weight": tensors[f"{old}/weight"], f"{new}.bias": tensors[f"{old}/bias"]}


def _norm(tensors: Tensors, old: str, new: str) -> Tensors:
    return {f"{new}.weight": tensors[f"{old}/gamma"], f"{new}.bias": tensors[f"{old}/beta"]}
