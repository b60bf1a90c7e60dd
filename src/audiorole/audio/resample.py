"""One waveform at another sample rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

Waveform = npt.NDArray[np.float32]


def resample(waveform: Waveform, rate: int, target: int) -> Waveform:
    """Return float32 mono `waveform` `(num_samples,)` of `rate` Hz at `target` Hz."""
    if rate == target or not len(waveform):
        return waveform
    return np.asarray(soxr.resample(waveform, rate, target), dtype=np.float32)


@dataclass
class StreamResampler:
    """A waveform that comes in blocks, at another sample rate: without a seam where two blocks meet."""

    rate: int
    target: int
    _stream: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._stream = soxr.ResampleStream(self.rate, self.target, 1, dtype="float32")

    def push(self, block: Waveform, last: bool = False) -> Waveform:
        """Return what can be said after `block`, float32 mono `(num_samples,)`; after the last one, all the rest."""
        if self.rate == self.target:
            return block
        return np.asarray(self._stream.resample_chunk(block, last=last), dtype=np.float32)
