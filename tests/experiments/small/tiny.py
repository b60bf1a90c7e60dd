"""A tiny random Llama in a folder with a ChatML tokenizer: the small base without a weight."""

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

SPECIALS = ("<|im_start|>", "<|im_end|>")


def byte_tokenizer():
    """Bytes as tokens, and ChatML's two marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def tiny_llama(layers=2, seed=0, tied=True):
    """A random `LlamaForCausalLM`: hidden 48, 3 heads of 16 over 1 key-value head."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=258,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=layers,
        num_attention_heads=3,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=2048,
        tie_word_embeddings=tied,
    )
    return LlamaForCausalLM(config).eval()


def write_base(folder):
    """Write the network and its tokenizer into `folder`."""
    tiny_llama().save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder
