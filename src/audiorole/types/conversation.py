"""A conversation as a speech model hears it: the turns so far with their sound, and what it answers."""

from __future__ import annotations

from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray


class HeardTurn(TypedDict):
    """One turn so far. audio: float32 mono `(num_samples,)` at `sample_rate` Hz; no samples where it was typed."""

    character: str
    text: str
    audio: NDArray[np.float32]
    sample_rate: int


class SystemReply(TypedDict):
    """An answer. audio: float32 mono `(num_samples,)` at `sample_rate` Hz; first_audio: seconds until it began."""

    audio: NDArray[np.float32]
    sample_rate: int
    text: NotRequired[str | None]
    first_audio: NotRequired[float | None]
