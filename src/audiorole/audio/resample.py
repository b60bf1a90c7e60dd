"""One waveform at another sample rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

Waveform = npt.NDArray[np.float32]


def resample(waveform: Waveform, rate: int, target: int) -> Waveform:
    """Return float32 mono `waveform` `(num_samples,)` of `rate` Hz at `target` Hz."""
    if rate == target or not len(waveform):
        return waveform
    return np.asarray(soxr.resample(waveform, rate, target), dtype=np.float32)
