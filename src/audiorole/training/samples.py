"""Hearing a run while it trains: replies to held-out prompts, beside what the codes of the real line sound like.

If the real line's codes already sound wrong, no training of the language model will mend it: the codec cannot say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from audiorole.training.replying import AudioWriter, Waveform, split_target
from audiorole.training.tokens.interleave import separate
from audiorole.training.tokens.packing import Document

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass
class Samples:
    """Called after each evaluation; speaks the target of `documents`, once as it was and then as it is learned.

    A backend says how it speaks (`speak`) and how it generates (`settings`).
    """

    documents: Sequence[Document]
    writer: AudioWriter
    first_audio: int
    sample_rate: int
    device: torch.device | str
    _heard: set[str] = field(init=False, default_factory=set)

    def __call__(self, model: PreTrainedModel, step: int) -> None:
        """Write one reply a document, and the round trip of the real line's codes the first time."""
        model.eval()
        for document in self.documents:
            prompt, target = split_target(document)
            name = document.character or document.id
            if name not in self._heard:
                self._write(f"round_trip/{name}", document.character, target, step)
                self._heard.add(name)
            self._write(f"reply/{name}", document.character, self._reply(model, prompt), step)

    def speak(self, codes: Sequence[int], character: str) -> Tensor | Waveform:
        """Return the samples of `codes`, float32 `(num_samples,)`."""
        raise NotImplementedError

    @property
    def settings(self) -> Mapping[str, object]:
        """What `model.generate` is told."""
        raise NotImplementedError

    def _reply(self, model: PreTrainedModel, prompt: list[int]) -> list[int]:
        given = torch.tensor([prompt], device=self.device)
        with torch.inference_mode():
            answer = model.generate(input_ids=given, attention_mask=torch.ones_like(given), **self.settings)
        return [int(token) for token in answer[0, len(prompt) :]]

    def _write(self, tag: str, character: str, tokens: list[int], step: int) -> None:
        codes = [token - self.first_audio for token in separate(tokens, self.first_audio)[1]]
        samples = self.speak(codes, character)
        if len(samples):
            self.writer.add_audio(tag, torch.as_tensor(samples)[None], step, self.sample_rate)
