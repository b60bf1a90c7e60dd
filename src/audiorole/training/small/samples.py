"""Hearing a small run while it trains: held-out replies, beside what the codes of the real line sound like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from audiorole.training.interleave import separate
from audiorole.training.packing import Document
from audiorole.training.replying import AudioWriter, split_target
from audiorole.training.small.codec.codec import Codec

LONGEST_SAMPLE = 500
"""Tokens: about 9 s of speech."""


@dataclass
class SmallSamples:
    """Called after each evaluation; speaks the target of `documents`, once as it was and then as it is learned."""

    documents: Sequence[Document]
    stop: int
    first_audio: int
    codec: Codec
    writer: AudioWriter
    _heard: set[str] = field(init=False, default_factory=set)

    def __call__(self, model: Any, step: int) -> None:
        """Write one reply a document, and the round trip of the real line's codes the first time."""
        model.eval()
        for document in self.documents:
            prompt, target = split_target(document)
            name = document.character or document.id
            if name not in self._heard:
                self._write(f"round_trip/{name}", document.character, target, step)
                self._heard.add(name)
            self._write(f"reply/{name}", document.character, self._reply(model, prompt), step)

    def _reply(self, model: Any, prompt: list[int]) -> list[int]:
        given = torch.tensor([prompt], device=self.codec.device)
        settings = {"max_new_tokens": LONGEST_SAMPLE, "do_sample": True, "top_p": 0.9, "eos_token_id": self.stop}
        with torch.inference_mode():
            answer = model.generate(
                input_ids=given, attention_mask=torch.ones_like(given), pad_token_id=self.stop, **settings
            )
        return [int(token) for token in answer[0, len(prompt) :]]

    def _write(self, tag: str, speaker: str, tokens: list[int], step: int) -> None:
        codes = [token - self.first_audio for token in separate(tokens, self.first_audio)[1]]
        samples = self.codec.decode(np.array(codes, dtype=np.uint16), speaker)
        if len(samples):
            self.writer.add_audio(tag, torch.from_numpy(samples)[None], step, self.codec.config.sample_rate)
