"""A text model that also reads and writes speech: rows for codes behind the rows of its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, one_hot, pad
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from audiorole.experiments.small.codec.fsq import ScalarQuantizer
from audiorole.experiments.small.prompt import MARKS
from audiorole.models.weights import store as weights

SPEECH = "speech"
"""Name of the modules that hold the new rows; they are trained whole, beside the adapters of the layers."""


class SpeechRows(nn.Module):
    """A row for each mark and code: a code's is the sum of its levels' rows and of what is its own, at first nothing.

    Two hours of speech have some eighty of each of 4,375 codes, and thousands of each level.
    """

    def __init__(self, levels: Sequence[int], rows: Tensor) -> None:
        """Begin with `rows` `(marks + levels, hidden)`; a code is then as long as they are."""
        super().__init__()
        self.members: Tensor
        places = ScalarQuantizer(tuple(levels)).places(torch.arange(math.prod(levels)))
        members = torch.cat([one_hot(place, count) for place, count in zip(places.T, levels, strict=True)], dim=1)
        self.own = nn.Parameter(torch.cat((rows[:MARKS], torch.zeros(len(members), rows.shape[1]))))
        self.shared = nn.Parameter(rows[MARKS:] / math.sqrt(len(levels)))
        self.register_buffer("members", pad(members, (0, 0, MARKS, 0)).to(rows.dtype), persistent=False)

    @property
    def weight(self) -> Tensor:
        """All rows, `(marks + codes, hidden)`."""
        return self.own + self.members @ self.shared

    def forward(self, ids: Tensor) -> Tensor:
        """Return the rows of `ids` `(…)`, `(…, hidden)`."""
        return embedding(ids, self.weight)


class SpokenEmbedding(nn.Module):
    """Ids to states: words from the frozen table, ids behind them from the rows of speech (float32)."""

    def __init__(self, text: nn.Embedding, speech: SpeechRows) -> None:
        super().__init__()
        self.text, self.speech = text, speech

    def forward(self, ids: Tensor) -> Tensor:
        """Return the states `(…, hidden)`."""
        words = self.text.num_embeddings
        spoken = self.speech((ids - words).clamp(min=0)).to(self.text.weight.dtype)
        return torch.where((ids < words)[..., None], self.text(ids.clamp(max=words - 1)), spoken)


class SpokenHead(nn.Module):
    """States to logits of words, then of speech."""

    def __init__(self, text: nn.Embedding, speech: SpeechRows) -> None:
        super().__init__()
        self.text, self.speech = text, speech

    @property
    def weight(self) -> Tensor:
        """The whole matrix `(words + speech, hidden)`; the gradient flows to the rows of speech."""
        text = self.text.weight
        return torch.cat((text, _rows_of(self.speech).to(text.dtype)))

    def forward(self, states: Tensor) -> Tensor:
        """Return the logits `(…, words + speech)`."""
        return linear(states, self.weight)


def add_speech(model: LlamaForCausalLM, levels: Sequence[int], seed: int = 0) -> LlamaForCausalLM:
    """Return the `LlamaForCausalLM` `model` with ids of marks and codes behind its words, spread as the words are.

    levels: of each dimension of the codes' grid.
    """
    words, hidden = model.model.embed_tokens, model.config.hidden_size
    random = torch.Generator().manual_seed(seed)
    rows = torch.randn(MARKS + sum(levels), hidden, generator=random) * words.weight.float().std()
    model.model.embed_tokens = SpokenEmbedding(words, SpeechRows(levels, rows))
    model.lm_head = SpokenHead(words, SpeechRows(levels, rows))
    model.config.vocab_size = words.num_embeddings + MARKS + math.prod(levels)
    model.trained_whole = [SPEECH]
    return model


def plain_llama(model: LlamaForCausalLM) -> LlamaForCausalLM:
    """Return `model` (adapters merged) as an ordinary `LlamaForCausalLM` that any library can load."""
    embedding, head = model.model.embed_tokens, model.lm_head
    state = {key: value for key, value in model.state_dict().items() if ".speech." not in key and ".text." not in key}
    speech = _rows_of(embedding.speech).to(embedding.text.weight.dtype)
    state["model.embed_tokens.weight"] = torch.cat((embedding.text.weight, speech))
    state["lm_head.weight"] = head.weight
    config = LlamaConfig.from_dict({**model.config.to_dict(), "tie_word_embeddings": False})
    plain = LlamaForCausalLM(config).to(embedding.text.weight.dtype)
    plain.load_state_dict({key: value.detach() for key, value in state.items()})
    return plain


def _rows_of(module: nn.Module) -> Tensor:
    """Return the rows `(marks + codes, hidden)` of what PEFT trains in place of `module`, or of `module` itself."""
    trained = getattr(module, "modules_to_save", None)
    speech = module if trained is None else trained["default"]
    assert isinstance(speech, SpeechRows)
    return speech.weight


def unpack_gguf(weight: str, folder: Path) -> None:
    """Write a GGUF weight of the catalogue as a folder that transformers loads: dense, bfloat16, with its tokenizer."""
    path = weights.path(weight)
    given = {"gguf_file": path.name}
    found = LlamaForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **given)
    settings = {key: value for key, value in found.config.to_dict().items() if key != "quantization_config"}
    model = LlamaForCausalLM(LlamaConfig.from_dict(settings)).to(torch.bfloat16)
    model.load_state_dict(found.state_dict())
    unfinished = folder.with_name(folder.name + ".tmp")
    model.save_pretrained(unfinished)
    AutoTokenizer.from_pretrained(path.parent, **given).save_pretrained(unfinished)
    unfinished.rename(folder)
