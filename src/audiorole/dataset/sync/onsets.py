"""When a voice sets in: a recogniser's times of words, drawn to the nearest rise of speech.

A recogniser places single words a tenth or two of a second beside where they are spoken, either way; between two people
who speak there is nearly always a dip, however short, and speech rises out of it within a frame or two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_REACH, _STEP = 0.5, 0.016
"""Seconds around a heard word within which speech may rise, and between the places that are tried."""
_BEFORE, _AFTER = 0.12, 0.3
"""Seconds before and after a rise whose mean probabilities are compared."""
_LEAST, _FAR = 0.35, 0.3
"""Difference that makes a rise, and what one at the end of the reach needs more: the nearer of two is taken."""
_LATE = 0.087
"""Seconds by which speech rises after it was spoken: median over the even episodes of two development series."""


def drawn_to_onsets(times: Floats, speech: NDArray[np.floating], frame_rate: float) -> Floats:
    """Return `times` in seconds at the rise of speech that is near, as they are where there is none; NaN stays.

    speech: probability per frame in [0, 1], at `frame_rate` Hz. Both `(n,)` of any length.
    """
    away = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    places = np.nan_to_num(times)[:, None] + away[None, :]
    sums = np.concatenate([[0.0], np.cumsum(speech, dtype=np.float64)]) / frame_rate

    def until(seconds: Floats) -> Floats:
        return np.asarray(np.interp(seconds * frame_rate, np.arange(len(sums)), sums))

    here = until(places)
    rises = (until(places + _AFTER) - here) / _AFTER - (here - until(places - _BEFORE)) / _BEFORE
    best = (rises - _FAR * np.abs(away) / _REACH).argmax(axis=1)
    rows = np.arange(len(times))
    found = (rises[rows, best] >= _LEAST) & np.isfinite(times)
    return np.where(found, places[rows, best] - _LATE, times)
