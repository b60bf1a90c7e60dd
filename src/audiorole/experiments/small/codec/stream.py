"""Speech while it is being thought: codes come in pieces, and the samples are those of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from audiorole.experiments.small.codec.codec import REACH, Codec, Waveform


@dataclass
class CodecStream:
    """One reply. `push` codes as they come, the last with `last=True`; samples come when nothing can change them."""

    codec: Codec
    speaker: str
    _codes: list[int] = field(init=False, default_factory=list)
    _spoken: int = field(init=False, default=0)

    def push(self, codes: list[int], last: bool = False) -> Waveform:
        """Return the samples that are ready, float32 `(num_samples,)`, perhaps none."""
        self._codes += codes
        ready = len(self._codes) if last else len(self._codes) - REACH
        if ready <= self._spoken:
            return np.zeros(0, np.float32)
        start = max(0, self._spoken - REACH)
        samples = self.codec.decode(np.array(self._codes[start:], dtype=np.uint16), self.speaker)
        size = self.codec.config.samples_per_code
        piece = samples[(self._spoken - start) * size : (ready - start) * size]
        self._spoken = ready
        return piece
