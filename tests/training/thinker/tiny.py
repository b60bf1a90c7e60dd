"""A tiny random Llama with a ChatML tokenizer, a talker that makes noise, and a run of both: no weight is needed."""

import contextlib

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from audiorole.models.phonemes.english import EnglishPhonemes
from audiorole.models.phonemes.letters import letter_rules
from audiorole.models.phonemes.lexicon import Lexicon
from audiorole.models.talker.voice import save_voice
from audiorole.testing.talker import tiny_talker, tiny_voice
from audiorole.training.backend import Rights
from audiorole.training.fit.plan import FitPlan
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.thinker import cast as casts
from audiorole.training.thinker import run as runs
from audiorole.training.thinker.options import TalkerOptions
from audiorole.training.thinker.run import TalkerTraining
from tests.training.glm.tiny_parts import audio, lines

FIT = FitPlan(rank=2, steps=2, capacity=900, packs_per_step=1, save_every=1, report_to="none")
RIGHTS = Rights("a synthetic cast", "CC0", "synthetic")


def byte_tokenizer():
    """Bytes as tokens, and ChatML's two marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: place for place, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    return tokenizer


def tiny_llama(seed=0):
    """A random `LlamaForCausalLM`: 2 layers, hidden 48, 3 heads of 16 over 1 key-value head."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=258,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=3,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).eval()


def write_base(folder):
    """Write the network and its tokenizer into `folder`."""
    tiny_llama().save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def phonemes():
    """Says any word by its letters."""
    return EnglishPhonemes(Lexicon({}, letter_rules()))


class NoFit:
    """Stands for the fit of a voice: writes a random one."""

    def __init__(self, folder, *rest):
        self.folder, self.files, self.facts, self.dropped = folder, {}, {}, []

    def make(self, characters, progress):
        """Write a voice for each of `characters`."""
        for place, name in enumerate(characters):
            path = self.folder / "voices" / name.rpartition("/")[2] / "voice.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            save_voice(path, tiny_voice(name, place))
            self.files[name] = str(path.relative_to(self.folder))
            self.facts[name] = {"lines": "7", "began with": "af_heart"}


@contextlib.contextmanager
def without_weights(monkeypatch):
    """Let runs and casts work with tiny parts."""
    monkeypatch.setattr(runs, "require_weights", lambda names: None)
    monkeypatch.setattr(runs, "require_models", lambda models: None)
    monkeypatch.setattr(runs, "load_phonemes", phonemes)
    monkeypatch.setattr(runs, "VoiceMaker", NoFit)
    monkeypatch.setattr(casts, "load_phonemes", phonemes)
    monkeypatch.setattr(casts, "load_talker", lambda device: tiny_talker())
    monkeypatch.setattr(casts, "stock_voice", lambda name: tiny_voice(name, len(name)))
    yield


def train(base, out, fit=FIT, **options):
    """Train on the tiny dataset."""
    made = TalkerTraining(TalkerOptions(text_model=str(base), **options), lines(), audio, out)
    return made.run(fit, VoicePlan(), RIGHTS)


def typed(character, text):
    """A turn that nobody spoke."""
    return {"character": character, "text": text, "audio": np.zeros(0, np.float32), "sample_rate": 16_000}
