"""The two `config.json` dialects of one model: GLM-4-Voice (`chatglm`) and transformers' native `glm`."""

from __future__ import annotations

from audiorole.errors import ConfigError
from audiorole.types.plain import JsonObject

ROPE_BASE = 10_000.0
"""Base of the rotary frequencies in ChatGLM's own code; the checkpoint's `rope_ratio` multiplies it."""

RENAMED = {
    "padded_vocab_size": "vocab_size",
    "ffn_hidden_size": "intermediate_size",
    "num_layers": "num_hidden_layers",
    "multi_query_group_num": "num_key_value_heads",
    "kv_channels": "head_dim",
    "layernorm_epsilon": "rms_norm_eps",
    "seq_length": "max_position_embeddings",
    "add_qkv_bias": "attention_bias",
}
SAME = ("hidden_size", "num_attention_heads", "attention_dropout", "pad_token_id", "eos_token_id", "torch_dtype")

FIXED = {
    "rmsnorm": True,
    "post_layer_norm": True,
    "original_rope": True,
    "multi_query_attention": True,
    "add_bias_linear": False,
    "apply_residual_connection_post_layernorm": False,
    "fp32_residual_connection": False,
    "tie_word_embeddings": False,
}
"""What the native class can express; another value is another network, so it is refused."""

# The remaining keys of the published file; its own modelling code reads them.
CHATGLM = {
    "model_type": "chatglm",
    "architectures": ["ChatGLMForConditionalGeneration"],
    "apply_query_key_layer_scaling": True,
    "attention_softmax_in_fp32": True,
    "bias_dropout_fusion": True,
    "hidden_dropout": 0.0,
    "use_cache": True,
}


def native_config(published: JsonObject) -> JsonObject:
    """Return the native `glm` configuration of a GLM-4-Voice `config.json`.

    Raises `ConfigError` where a key is missing or has a value that the native class cannot express.
    """
    _refuse_other_networks(published)
    missing = sorted(key for key in (*RENAMED, "hidden_size", "num_attention_heads") if key not in published)
    if missing:
        raise ConfigError(f"config.json has no {', '.join(missing)}: it does not describe a GLM-4-Voice model.")
    config = {new: published[old] for old, new in RENAMED.items()}
    config |= {key: published[key] for key in SAME if key in published}
    config["rope_parameters"] = {
        "rope_type": "default",
        "rope_theta": ROPE_BASE * float(published.get("rope_ratio", 1.0)),
        "partial_rotary_factor": 0.5,
    }
    return config | {
        "model_type": "glm",
        "architectures": ["GlmForCausalLM"],
        "hidden_act": "silu",
        "tie_word_embeddings": False,
    }


def published_config(native: JsonObject) -> JsonObject:
    """Return the GLM-4-Voice `config.json` of a native `glm` configuration; the reverse of `native_config`."""
    rope = native.get("rope_parameters") or {}
    if native.get("hidden_act", "silu") != "silu" or rope.get("partial_rotary_factor", 0.5) != 0.5:
        raise ConfigError("Only hidden_act 'silu' and partial_rotary_factor 0.5 fit the GLM-4-Voice layout.")
    if rope.get("rope_type", "default") != "default":
        raise ConfigError(f"rope_type {rope['rope_type']!r} does not fit the GLM-4-Voice layout: use 'default'.")
    missing = sorted(new for new in RENAMED.values() if new not in native)
    if missing:
        raise ConfigError(f"config.json has no {', '.join(missing)}: it does not describe a native GLM model.")
    config = {old: native[new] for old, new in RENAMED.items()}
    config |= {key: native[key] for key in SAME if key in native}
    return config | FIXED | CHATGLM | {"rope_ratio": rope.get("rope_theta", ROPE_BASE) / ROPE_BASE}


def _refuse_other_networks(published: JsonObject) -> None:
    for key, value in FIXED.items():
        if published.get(key, value) != value:
            raise ConfigError(f"config.json: {key} is {published[key]!r}, and only {value!r} converts to native GLM.")
