"""Hearing a small run while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from audiorole.experiments.small.codec.codec import Codec
from audiorole.training.replying import AudioWriter, Waveform
from audiorole.training.samples import Samples
from audiorole.training.tokens.packing import Document

LONGEST_SAMPLE = 500
"""Tokens: about 9 s of speech."""


class SmallSamples(Samples):
    """Replies of the small base, spoken by the codec in the character's voice. stop: the id that ends a reply."""

    def __init__(
        self, documents: Sequence[Document], stop: int, first_audio: int, codec: Codec, writer: AudioWriter
    ) -> None:
        super().__init__(documents, writer, first_audio, codec.config.sample_rate, codec.device)
        self.stop, self.codec = stop, codec

    @property
    def settings(self) -> Mapping[str, object]:
        """Drawn, not the likeliest."""
        ends = {"eos_token_id": self.stop, "pad_token_id": self.stop}
        return {"max_new_tokens": LONGEST_SAMPLE, "do_sample": True, "top_p": 0.9, **ends}

    def speak(self, codes: Sequence[int], character: str) -> Waveform:
        """Return the codec's samples."""
        return self.codec.decode(np.array(codes, dtype=np.uint16), character)
