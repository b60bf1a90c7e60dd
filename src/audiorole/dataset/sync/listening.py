"""Where to listen: short spans, spread over the audio, where the detector hears somebody talk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from audiorole.types import Record, Word

SPAN_SECONDS = 13.9
"""Two such spans share the 30 s that Whisper encodes at once."""
_LEAST_SPEECH, _FEWEST = 0.25, 4
"""Share of a span that must hold speech, and spans that are heard all the same: detectors miss shouts and ghosts."""


class HeardWords(Record, frozen=True):
    """Words of the audio from `start` to `end` seconds, on the episode's clock, and the language they are in."""

    start: float
    end: float
    words: tuple[Word, ...]
    language: str = ""


Hear = Callable[[Sequence[tuple[float, float]]], Sequence[HeardWords]]
"""Give the words of spans (start, end) in seconds of audio."""


def spans_of(speech: NDArray[np.floating], frame_rate: float) -> list[tuple[float, float]]:
    """Return spans that do not overlap, in the order in which to hear them: each next one lies far from those before.

    speech: probability per frame `(num_frames,)`, `frame_rate` frames a second.
    """
    duration = len(speech) / frame_rate
    count = max(1, int(duration / SPAN_SECONDS))
    starts = np.arange(count) * duration / count
    spans = [(float(start), float(min(start + SPAN_SECONDS, duration))) for start in starts]
    shares = np.array([_share(speech, frame_rate, span) for span in spans])
    least = min(_LEAST_SPEECH, np.sort(shares)[-min(_FEWEST, count)])
    talking = [span for span, share in zip(spans, shares, strict=True) if share >= least]
    return [talking[place] for place in _spread(len(talking))]


def _share(speech: NDArray[np.floating], frame_rate: float, span: tuple[float, float]) -> float:
    first, last = (round(time * frame_rate) for time in span)
    return float((speech[first:last] > 0.5).mean()) if last > first else 0.0


def _spread(count: int) -> Iterator[int]:
    """Yield 0 … count - 1 so that every beginning of the row is spread evenly (van der Corput 1935)."""
    bits = max(1, (count - 1).bit_length())
    for number in range(1 << bits):
        place = int(f"{number:0{bits}b}"[::-1], 2)
        if place < count:
            yield place
