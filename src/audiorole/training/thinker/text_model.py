"""The text model: SmolLM2 out of its GGUF weight, or a folder with a Llama and a ChatML tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from audiorole.errors import ConfigError
from audiorole.models.talker.kokoro import fast_bfloat16
from audiorole.models.weights import store as weights

MARKS = ("<|im_start|>", "<|im_end|>")
"""ChatML's: before and behind what one side says."""


def unpack_gguf(weight: str, folder: Path) -> None:
    """Write a GGUF weight of the catalogue as a folder that transformers loads: dense, bfloat16, with its tokenizer."""
    path = weights.path(weight)
    given = {"gguf_file": path.name}
    transformers_logging.disable_progress_bar()
    found = LlamaForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **given)
    settings = {key: value for key, value in found.config.to_dict().items() if key != "quantization_config"}
    model = LlamaForCausalLM(LlamaConfig.from_dict(settings)).to(torch.bfloat16)
    model.load_state_dict(found.state_dict())
    unfinished = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished)
    AutoTokenizer.from_pretrained(path.parent, **given).save_pretrained(unfinished)
    unfinished.rename(folder)


def dtype_for(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the machine multiplies it faster than float32, else float32."""
    return torch.bfloat16 if fast_bfloat16(device.type) else torch.float32


def open_text_model(folder: Path, device: torch.device) -> LlamaForCausalLM:
    """Return the model of `folder` to be taught on `device`, in the number format that is fast there."""
    transformers_logging.disable_progress_bar()
    return LlamaForCausalLM.from_pretrained(folder, dtype=dtype_for(device))


def load_text_model(folder: Path, device: torch.device, adapter: Path | None = None) -> LlamaForCausalLM:
    """Return the model of `folder` on `device`, the product of an adapter added to its weights.

    float32: in bfloat16 a reply would depend on what else is thought beside it.
    """
    transformers_logging.disable_progress_bar()
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if adapter is not None:
        with torch.inference_mode():
            model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    return model.to(device).eval()


def load_chat_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of `folder`. Raises `ConfigError` where it is not ChatML's."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for mark in MARKS:
        if tokenizer.token_to_id(mark) is None:
            raise ConfigError(f"The tokenizer of {folder} has no token {mark!r}: the base talker wants a ChatML model.")
    return tokenizer
