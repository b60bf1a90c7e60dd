"""Where each moment of a recording lies in another rip of it: pieces between cuts, each with its offset and rate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.prints.bands import FRAME, Levels, Print
from audiorole.audio.prints.path import PrintRun, best_runs
from audiorole.audio.prints.search import SPREAD, PrintMatch
from audiorole.types import Record

LAG, LAG_STEP = 0.048, 0.004
"""Seconds by which an offset may still be wrong when it is refined, and steps of the search."""

WINDOW = 250
"""Frames, 8 s, of which one offset is measured."""

LEAST_WINDOWS = 4
"""Fewer do not tell a rate: a piece keeps the rate that was found for all."""

UNSURE = 0.08
"""Seconds: the border of a piece is known to two frames or better."""

Floats = NDArray[np.float64]


class Piece(Record, frozen=True):
    """A stretch of the print that the copy has whole: `start` to `end` (s) lie at `offset + rate * time` there."""

    start: float
    end: float
    offset: float
    rate: float


class PrintAlignment(Record, frozen=True):
    """How a print lies in a copy.

    agreement: share of equal bits in the pieces, 0.5 is chance. duration: seconds of the print.
    """

    pieces: tuple[Piece, ...]
    agreement: float
    duration: float

    @property
    def coverage(self) -> float:
        """Share of the print that the copy has."""
        return sum(piece.end - piece.start for piece in self.pieces) / max(self.duration, 1e-9)

    def place(self, start: float, end: float) -> tuple[float, float] | None:
        """Return where a span lies in the copy, as far as its piece goes; None where a cut took some of it.

        Less than the border of a piece is sure of does not count as taken.
        """
        found = max(self.pieces, key=lambda piece: _shared(piece, start, end), default=None)
        if found is None or _shared(found, start, end) < max(end - start - UNSURE, 0.5 * (end - start)):
            return None
        first, last = max(start, found.start), min(end, found.end)
        return found.offset + found.rate * first, found.offset + found.rate * last


def _shared(piece: Piece, start: float, end: float) -> float:
    return min(end, piece.end) - max(start, piece.start)


def align(frames: Print, levels: Levels, sighting: PrintMatch) -> PrintAlignment:
    """Return how the print `frames` lies in the recording with `levels`, beginning from where it was sighted."""
    bits = np.unpackbits(frames[:, None], axis=1).astype(np.int8) * 2 - 1
    offsets = _sharpened(bits, levels, sighting)
    equal = np.stack([_equal(bits, levels, sighting.rate, offset) for offset in offsets])
    runs = best_runs(equal, [round(offset / (sighting.rate * FRAME)) for offset in offsets])
    pieces = tuple(_piece(bits, levels, sighting.rate, offsets[run.state], run) for run in runs)
    hits = sum(int(equal[run.state, run.first : run.last].sum()) for run in runs)
    total = 8 * sum(run.last - run.first for run in runs)
    return PrintAlignment(pieces, round(hits / max(1, total), 4), round(len(frames) * FRAME, 3))


def agreement(
    frames: Print, levels: Levels, alignment: PrintAlignment, spans: Iterable[tuple[float, float]]
) -> list[float | None]:
    """Return the share of equal bits in each span of the print; None where the copy does not have it."""
    bits = np.unpackbits(frames[:, None], axis=1).astype(np.int8) * 2 - 1
    return [_span_agreement(bits, levels, alignment.place(*span), span) for span in spans]


def _span_agreement(
    bits: NDArray[np.int8], levels: Levels, place: tuple[float, float] | None, span: tuple[float, float]
) -> float | None:
    first, last = round(span[0] / FRAME), min(len(bits), round(span[1] / FRAME) + 1)
    if place is None or last <= first:
        return None
    rate = (place[1] - place[0]) / max(span[1] - span[0], 1e-9)
    times = place[0] + rate * (np.arange(first, last, dtype=np.float64) * FRAME - span[0])
    return float(((levels.rises(times, rate) > 0) == (bits[first:last] > 0)).mean())


def _times(count: int) -> Floats:
    return np.arange(count, dtype=np.float64) * FRAME


def _equal(bits: NDArray[np.int8], levels: Levels, rate: float, offset: float) -> NDArray[np.int8]:
    """Return how many of each frame's eight bits the copy has too; none before and behind it."""
    times = offset + rate * _times(len(bits))
    same = ((levels.rises(times, rate) > 0) == (bits > 0)).sum(axis=1).astype(np.int8)
    same[(times < 0) | (times > levels.duration)] = 0
    return np.asarray(same)


def _sharpened(bits: NDArray[np.int8], levels: Levels, sighting: PrintMatch) -> list[float]:
    """Return the sighted offsets to 8 ms, those that turn out to be one only once."""
    found: list[float] = []
    for rough in sighting.offsets:
        lags = rough + np.arange(-SPREAD, SPREAD + 1e-9, 0.008)
        totals = [int(_equal(bits, levels, sighting.rate, lag).sum()) for lag in lags]
        offset = float(lags[int(np.argmax(totals))])
        if all(abs(offset - other) > FRAME for other in found):
            found.append(offset)
    return found


def _piece(bits: NDArray[np.int8], levels: Levels, rate: float, offset: float, run: PrintRun) -> Piece:
    """Return the run as a piece, its offset and rate measured in windows of 8 s."""
    times = _times(len(bits))[run.first : run.last]
    centres, errors = _window_errors(bits[run.first : run.last], levels, rate, offset + rate * times)
    slope, shift = _line(times[0] + centres, errors)
    start, end = run.first * FRAME, run.last * FRAME
    return Piece(round(start, 4), round(end, 4), round(offset + shift, 5), round(rate + slope, 8))


def _window_errors(bits: NDArray[np.int8], levels: Levels, rate: float, times: Floats) -> tuple[Floats, Floats]:
    """Return (middle, how much later the copy is than `times` say) of each window that tells it, in seconds."""
    lags = np.arange(-LAG, LAG + 1e-9, LAG_STEP)
    edges = [*range(0, max(1, len(bits) - WINDOW // 2), WINDOW)]
    scores = np.stack([np.add.reduceat(_likeness(bits, levels, rate, times + lag), edges) for lag in lags])
    best = np.clip(scores.argmax(axis=0), 1, len(lags) - 2)
    columns = np.arange(len(edges))
    before, peak, after = (scores[best + step, columns] for step in (-1, 0, 1))
    bend = before - 2 * peak + after
    moved = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0)
    ends = np.array([*edges[1:], len(bits)])
    sure = (peak > 0.3 * 8 * (ends - edges)) & (scores.argmax(axis=0) == best)
    middles = (np.array(edges) + ends) / 2 * FRAME
    return middles[sure], (lags[best] + moved * LAG_STEP)[sure]


def _likeness(bits: NDArray[np.int8], levels: Levels, rate: float, times: Floats) -> Floats:
    return np.asarray((np.tanh(levels.rises(times, rate)) * bits).sum(axis=1), dtype=np.float64)


def _line(times: Floats, errors: Floats) -> tuple[float, float]:
    """Return (slope, value at 0) of the errors over time, without outliers; a constant where they are few."""
    if len(errors) < LEAST_WINDOWS:
        return 0.0, float(np.median(errors)) if len(errors) else 0.0
    kept = np.ones(len(errors), dtype=bool)
    for _ in range(3):
        slope, value = np.polyfit(times[kept], errors[kept], 1)
        rest = np.abs(errors - slope * times - value)
        kept = rest <= max(0.004, 3 * float(np.median(rest)))
    return float(slope), float(value)
