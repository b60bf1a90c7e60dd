"""Tiny random networks of the real classes, and documents to feed them."""

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import GlmConfig, GlmForCausalLM

from audiorole.training.tokens.packing import IGNORED, Document

LORA_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"]


def tiny_glm(seed=0, vocab=320, layers=2, dtype=torch.float32, std=0.2, **overrides):
    """A random `GlmForCausalLM`: 2 layers, hidden 64, 4 heads over 2 key-value heads."""
    torch.manual_seed(seed)
    config = GlmConfig(
        vocab_size=vocab,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        pad_token_id=0,
        eos_token_id=1,
        attn_implementation="sdpa",
        **overrides,
    )
    model = GlmForCausalLM(config)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 or name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=std)
        else:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return model.to(dtype).eval()


def with_lora(model, rank=4, seed=1):
    """`model` in PEFT with adapters that are not zero."""
    adapted = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=LORA_TARGETS))
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return adapted


def random_documents(lengths, seed=0, vocab=320):
    """Documents of the given lengths; two thirds of the tokens carry a label."""
    random = np.random.default_rng(seed)
    documents = []
    for index, length in enumerate(lengths):
        ids = random.integers(2, vocab, length)
        labels = np.where(random.random(length) < 0.66, ids, IGNORED)
        documents.append(Document(f"show/s01e{index:02d}/d0", ids, labels, ("Rico", "Lola")[index % 2]))
    return documents
