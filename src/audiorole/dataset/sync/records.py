"""What sync gives: pieces of a straight map from the subtitle's clock to the audio's, and how far to trust them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audiorole.types import Record

EVER = 1e6
"""Seconds; the first piece begins this long before zero, the last ends this long after: finite, for JSON's sake."""


class MapPiece(Record, frozen=True):
    """A stretch between two cuts. start, end: on the subtitle's clock; audio time = subtitle time * rate + offset."""

    start: float
    end: float
    offset: float
    rate: float = 1.0


class Alignment(Record, frozen=True):
    """How subtitle time maps to audio time.

    pieces: in time order, not overlapping; a hole between two is a part of the subtitle that the audio lacks.
    accepted: the gate trusts it; when not, `map` leaves times as they are. confidence: probability in [0, 1] that the
    subtitle belongs to this audio. reason: one sentence for a person.
    """

    pieces: tuple[MapPiece, ...]
    accepted: bool
    confidence: float
    reason: str

    def map(self, times: ArrayLike) -> NDArray[np.float64]:
        """Return audio times of subtitle `times` (any shape, seconds); NaN in parts that the audio lacks.

        Strictly increasing where it is defined. Without acceptance the times come back unchanged.
        """
        asked = np.asarray(times, dtype=np.float64)
        if not self.accepted:
            return asked.copy()
        return _piecewise(asked, [(p.start, p.end, p.rate, p.offset) for p in self.pieces])

    def inverse(self, times: ArrayLike) -> NDArray[np.float64]:
        """Return subtitle times of audio `times`; NaN in parts that the subtitle lacks (ad breaks)."""
        asked = np.asarray(times, dtype=np.float64)
        if not self.accepted:
            return asked.copy()
        spans = [
            (p.start * p.rate + p.offset, p.end * p.rate + p.offset, 1 / p.rate, -p.offset / p.rate)
            for p in self.pieces
        ]
        return _piecewise(asked, spans)


def _piecewise(times: NDArray[np.float64], spans: list[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    mapped = np.full(times.shape, np.nan)
    for start, end, rate, offset in spans:
        inside = (times >= start) & (times < end)
        mapped[inside] = times[inside] * rate + offset
    return mapped


class SyncNote(Record, frozen=True):
    """What sync did to an episode, beside its records as `<shard>.sync.json`. pieces: start, end, offset (s), rate."""

    accepted: bool = True
    confidence: float = 0.0
    reason: str = ""
    pieces: tuple[dict[str, float], ...] = ()

    @property
    def moved(self) -> bool:
        """Whether any line has other times than the subtitle gave it."""
        still = all(not piece.get("offset") and piece.get("rate", 1.0) == 1.0 for piece in self.pieces)
        return self.accepted and not still
