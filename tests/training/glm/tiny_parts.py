"""The three published parts as folders, tiny and random, and a dataset's lines to train on."""

import json

import numpy as np
import torch
from safetensors.torch import save_file

from audiorole.training.whisper_vq.encoder import WhisperVqConfig, WhisperVqEncoder
from audiorole.types import Naming, Place, Utterance

from ..decoder.tiny import FLOW, HIFT, fill
from .chatglm_reference import TINY, ChatGlm
from .tiny_tokenizer import tiny_tokenizer

CODES = 32
EARS = {
    "d_model": 32,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "num_mel_bins": 16,
    "max_source_positions": 1500,
    "quantize_position": 2,
    "pooling_position": 2,
    "quantize_vocab_size": CODES,
    "quantize_causal_block_size": 20,
    "pooling_kernel_size": 4,
}


def write_parts(folder):
    """Write base/, ears/ and decoder/ into `folder`, each in its published layout."""
    from audiorole.training.decoder.flow import Flow, FlowConfig
    from audiorole.training.decoder.hift import Hift

    for name in ("base", "ears", "decoder"):
        (folder / name).mkdir(parents=True)
    torch.manual_seed(3)
    save_file(ChatGlm().state_dict(), folder / "base/model.safetensors")
    (folder / "base/config.json").write_text(json.dumps(TINY))
    tiny_tokenizer(CODES).save(str(folder / "base/tokenizer.json"))
    ears = WhisperVqEncoder(WhisperVqConfig.of(EARS))
    save_file({f"model.encoder.{k}": v for k, v in ears.state_dict().items()}, folder / "ears/model.safetensors")
    (folder / "ears/config.json").write_text(json.dumps(EARS))
    flow = fill(Flow(FlowConfig(**{**FLOW.__dict__, "codes": CODES})))
    save_file(flow.state_dict(), folder / "decoder/flow.safetensors")
    save_file(fill(Hift(HIFT), std=0.04).state_dict(), folder / "decoder/hift.safetensors")
    return folder


def lines():
    """Two episodes of two people who take turns, and a third of which is held out."""
    return [
        Utterance(
            id=f"show/s01e0{episode}/u{number:05d}",
            start=number,
            end=number + 0.5,
            text=f"{number} words",
            naming=Naming(character=("Joe", "Lola")[number % 2], probability=1.0),
            place=Place(scene="c1", dialogue="d1", turn=number),
            split=("train", "train", "validation")[episode - 1],
        )
        for episode in (1, 2, 3)
        for number in range(5)
    ]


def audio(line):
    """Half a second of noise that depends on the line."""
    return (0.1 * np.random.default_rng(sum(map(ord, line))).standard_normal(8000)).astype(np.float32)
