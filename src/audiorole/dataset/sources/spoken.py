"""Which language is spoken: a few half minutes with most speech are heard, as many as it takes to be sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.decode import Waveform
from audiorole.audio.measures import FRAME_RATE
from audiorole.models.ports import SpokenLanguageIdentifier

WINDOW = 30.0
"""Seconds that the identifier hears."""
GLANCE, GLANCED = 8.0, 0.9
"""Seconds that are heard first where a language is expected, and the probability from which they are enough."""
SURE = 0.8
"""Probability from which a language is believed."""
MOSTLY, ALONE = 0.6, 0.9
"""Mean probability over several windows, and that of the only one, from which a language is believed in the end."""
WINDOWS = 3


def spoken_language(
    speech: NDArray[np.floating],
    read: Callable[[float, float], Waveform],
    model: SpokenLanguageIdentifier,
    expected: str = "",
) -> str:
    """Return the language spoken, two letters, "" where it stays unclear.

    speech: probability of speech per frame at `FRAME_RATE`. read: gives the audio between two times in seconds.
    expected: what text or container say; one window that agrees is enough, and a few seconds are asked first.
    """
    if expected:
        start = _windows(speech, GLANCE)[0]
        (found,) = model.spoken_languages([read(start, start + GLANCE)])
        if found.code == expected and found.probability >= GLANCED:
            return expected
    total: defaultdict[str, float] = defaultdict(float)
    heard = 0
    for heard, start in enumerate(_windows(speech, WINDOW), start=1):
        (found,) = model.spoken_languages([read(start, start + WINDOW)])
        total[found.code] += found.probability
        if found.probability >= SURE and found.code == expected:
            return expected
        code, weight = max(total.items(), key=lambda item: item[1])
        if heard > 1 and weight >= SURE * heard:
            return code
    code, weight = max(total.items(), key=lambda item: item[1], default=("", 0.0))
    return code if heard and weight >= heard * (MOSTLY if heard > 1 else ALONE) else ""


def _windows(speech: NDArray[np.floating], seconds: float) -> list[float]:
    """Return the starts in seconds of the windows of a length with most speech, apart from each other."""
    size = round(seconds * FRAME_RATE)
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(speech, dtype=np.float64))])
    starts = np.arange(0, max(1, len(speech) - size + 1), size // 3)
    amounts = sums[np.minimum(starts + size, len(speech))] - sums[starts]
    chosen: list[int] = []
    for index in np.argsort(-amounts, kind="stable"):
        if len(chosen) < WINDOWS and all(abs(starts[index] - other) >= size for other in chosen):
            chosen.append(int(starts[index]))
    return [start / FRAME_RATE for start in chosen]
