"""Tiny random weights of the hub tier's models, saved as their real classes want them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers

ENCODER: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 37, "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip


def save_wavlm(folder: Path) -> Path:
    """Save a speaker encoder of 24 dimensions."""
    torch.manual_seed(0)
    config = transformers.WavLMConfig(**ENCODER, xvector_output_dim=24, tdnn_dim=(16,) * 5)
    transformers.WavLMForXVector(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def save_mpnet(folder: Path) -> Path:
    """Save a sentence encoder that knows four words."""
    torch.manual_seed(0)
    words = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>", "sun", "##ny", "rain", "house"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    config = transformers.MPNetConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=37,
        max_position_embeddings=64,
    )  # fmt: skip
    transformers.MPNetModel(config).save_pretrained(folder)
    transformers.MPNetTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def save_ecapa(folder: Path) -> Path:
    """Save a small ECAPA-TDNN: 16 channels in 4 parts, 12 dimensions."""
    torch.manual_seed(0)
    weights = _layer("blocks.0", 80, 16, 5)
    for at in (1, 2, 3):
        block = f"blocks.{at}"
        weights |= _layer(f"{block}.tdnn1", 16, 16) | _layer(f"{block}.tdnn2", 16, 16)
        weights |= _conv(f"{block}.se_block.conv1", 16, 8) | _conv(f"{block}.se_block.conv2", 8, 16)
        for part in range(3):
            weights |= _layer(f"{block}.res2net_block.blocks.{part}", 4, 4, 3)
    weights |= _layer("mfa", 48, 24) | _layer("asp.tdnn", 72, 8) | _conv("asp.conv", 8, 24)
    weights |= {
        name.replace("x.norm", "asp_bn"): part for name, part in _layer("x", 1, 48).items() if name.startswith("x.norm")
    }
    torch.save(weights | _conv("fc", 48, 12), folder / "embedding_model.ckpt")
    return folder


def _layer(name: str, channels: int, out: int, kernel: int = 1) -> dict[str, torch.Tensor]:
    """Return random weights of one layer, by the checkpoint's names."""
    ones = {f"{name}.norm.norm.{part}": torch.ones(out) for part in ("weight", "running_var")}
    zeros = {f"{name}.norm.norm.{part}": torch.zeros(out) for part in ("bias", "running_mean")}
    steps = {f"{name}.norm.norm.num_batches_tracked": torch.tensor(1)}
    return _conv(f"{name}.conv", channels, out, kernel) | ones | zeros | steps


def _conv(name: str, channels: int, out: int, kernel: int = 1) -> dict[str, torch.Tensor]:
    scale = (channels * kernel) ** -0.5
    return {f"{name}.conv.weight": torch.randn(out, channels, kernel) * scale, f"{name}.conv.bias": torch.zeros(out)}


def save_utmos(folder: Path) -> Path:
    """Save a small UTMOS: the real encoder's class with 32 hidden units, three judges."""
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(**ENCODER)
    config.save_pretrained(folder)
    encoder = transformers.Wav2Vec2Model(config).state_dict()
    weights = {f"ssl_encoder.model.{name}": part for name, part in encoder.items()}
    weights |= {"domain_embedding.weight": torch.randn(3, 4), "judge_embedding.weight": torch.randn(3, 4)}
    weights |= {f"decoder.{name}": part for name, part in torch.nn.LSTM(40, 8, bidirectional=True).state_dict().items()}
    head = {"0": torch.nn.Linear(16, 20), "3": torch.nn.Linear(20, 1)}
    for at, layer in head.items():
        weights |= {f"classifier.{at}.{name}": part for name, part in layer.state_dict().items()}
    torch.save(weights, folder / "utmos.ckpt")
    return folder
