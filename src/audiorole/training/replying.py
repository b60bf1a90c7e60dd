"""What every trained voice needs to reply: pieces of a stream, the turns as an example, a token out of logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from audiorole.training.dialogues.examples import Example, Message, TurnAudio, persona_of
from audiorole.training.tokens.packing import Document
from audiorole.types import CharacterId
from audiorole.types.conversation import HeardTurn

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ReplyPiece:
    """A piece of a reply: text that was thought, samples that can be played, or both."""

    text: str
    samples: Waveform


@runtime_checkable
class AudioWriter(Protocol):
    """Where sound goes; `torch.utils.tensorboard.SummaryWriter` is one."""

    def add_audio(self, tag: str, samples: Tensor, step: int, sample_rate: int) -> None:
        """Write one sound, float32 `(1, num_samples)`."""


def sample(logits: Tensor, random: torch.Generator, temperature: float, top_p: float) -> int:
    """Return a token drawn from the smallest set of likeliest ones that holds `top_p` of the probability.

    logits: float32 `(tokens,)`.
    """
    probability, token = (logits / temperature).softmax(-1).sort(descending=True)
    kept = probability * (probability.cumsum(-1) - probability < top_p)
    return int(token[torch.multinomial(kept, 1, generator=random)])


def new_cache(network: type[PreTrainedModel] | PreTrainedModel) -> dict[str, DynamicCache]:
    """Return an empty cache under the name that transformers gives it; the older of the two names is going."""
    known = signature(network.forward).parameters
    return {"cache" if "cache" in known else "past_key_values": DynamicCache()}


def reply_example(turns: Sequence[HeardTurn], character: str, persona: str) -> Example:
    """Return the turns as an example whose target is empty; merges neighbours as training does.

    character: its written form. turns: {character, text, audio, …}, oldest first; the lines of a message are places
    among them.
    """
    messages: list[Message] = []
    for place, turn in enumerate(turns):
        role = "assistant" if turn["character"] == character else "user"
        heard = (str(place),) if len(turn["audio"]) else ()
        speech = TurnAudio(utterances=heard, text=turn["text"], character=turn["character"])
        if messages and messages[-1].role == role:
            messages[-1] = Message(role=role, speech=(*messages[-1].speech, speech))
        elif messages or role == "user":
            messages.append(Message(role=role, speech=(speech,)))
    messages.append(Message(role="assistant", speech=()))
    series, instruction = CharacterId.parse(character).series, persona_of(character, persona)
    return Example(id="", series=series, episode="", character=character, persona=instruction, messages=tuple(messages))


def split_target(document: Document) -> tuple[list[int], list[int]]:
    """Return the tokens before the last labelled run, and that run without the token that ends it."""
    labelled = np.flatnonzero(document.labels >= 0)
    breaks = np.flatnonzero(np.diff(labelled) > 1)
    start = labelled[breaks[-1] + 1] if len(breaks) else labelled[0]
    return document.ids[:start].tolist(), document.ids[start : labelled[-1]].tolist()
