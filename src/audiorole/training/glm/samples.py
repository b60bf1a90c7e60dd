"""Hearing a run while it trains: replies to held-out prompts, beside what the codes of the real line sound like.

If the real line's codes already sound wrong, no training of the language model will mend it: the codec cannot say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.hift import Hift
from audiorole.training.decoder.mel import SAMPLE_RATE
from audiorole.training.decoder.stream import SpeechStream
from audiorole.training.glm.prompt import Specials
from audiorole.training.interleave import separate
from audiorole.training.packing import Document
from audiorole.training.replying import AudioWriter, split_target

LONGEST_SAMPLE = 400
"""Tokens: about 20 s of speech, enough to judge a voice by."""


@dataclass
class AudioSamples:
    """Called after each evaluation; speaks the target of `documents`, once as it was and then as it is learned."""

    documents: Sequence[Document]
    specials: Specials
    flow: Flow
    hift: Hift
    writer: AudioWriter
    _heard: set[str] = field(init=False, default_factory=set)

    def __call__(self, model: Any, step: int) -> None:
        """Write one reply a document, and the round trip of the real line's codes the first time."""
        model.eval()
        for document in self.documents:
            prompt, target = split_target(document)
            name = document.character or document.id
            if name not in self._heard:
                self._write(f"round_trip/{name}", target, step)
                self._heard.add(name)
            self._write(f"reply/{name}", self._reply(model, prompt), step)

    def _reply(self, model: Any, prompt: list[int]) -> list[int]:
        given = torch.tensor([prompt], device=self.flow.encoder_proj.weight.device)
        stops = [self.specials.user, self.specials.pad]
        settings = {"max_new_tokens": LONGEST_SAMPLE, "do_sample": False, "eos_token_id": stops}
        with torch.inference_mode():
            answer = model.generate(
                input_ids=given, attention_mask=torch.ones_like(given), pad_token_id=self.specials.pad, **settings
            )
        return [int(token) for token in answer[0, len(prompt) :]]

    def _write(self, tag: str, tokens: list[int], step: int) -> None:
        first, known = self.specials.first_audio, self.flow.config.codes
        codes = [token - first for token in separate(tokens, first)[1] if token - first < known]
        samples = SpeechStream(self.flow, self.hift).push(codes, last=True)
        if len(samples):
            self.writer.add_audio(tag, samples[None], step, SAMPLE_RATE)
