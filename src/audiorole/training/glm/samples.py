"""Hearing a run of GLM-4-Voice while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.hift import Hift
from audiorole.training.decoder.mel import SAMPLE_RATE
from audiorole.training.decoder.stream import SpeechStream
from audiorole.training.glm.prompt import Specials
from audiorole.training.replying import AudioWriter
from audiorole.training.samples import Samples
from audiorole.training.tokens.packing import Document

LONGEST_SAMPLE = 400
"""Tokens: about 20 s of speech, enough to judge a voice by."""


class AudioSamples(Samples):
    """Replies of GLM-4-Voice, spoken by the published decoder in its own voice."""

    def __init__(
        self, documents: Sequence[Document], specials: Specials, flow: Flow, hift: Hift, writer: AudioWriter
    ) -> None:
        super().__init__(documents, writer, specials.first_audio, SAMPLE_RATE, flow.encoder_proj.weight.device)
        self.specials, self.flow, self.hift = specials, flow, hift

    @property
    def settings(self) -> Mapping[str, object]:
        """The likeliest token each time."""
        ends = {"eos_token_id": [self.specials.user, self.specials.pad], "pad_token_id": self.specials.pad}
        return {"max_new_tokens": LONGEST_SAMPLE, "do_sample": False, **ends}

    def speak(self, codes: Sequence[int], character: str) -> Tensor:
        """Return the decoder's samples, float32 `(num_samples,)`; a code that it does not know is left out."""
        known = [code for code in codes if code < self.flow.config.codes]
        return SpeechStream(self.flow, self.hift).push(known, last=True)
