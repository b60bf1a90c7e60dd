"""Line boundaries on speech: where cues say that lines are, and where the signal says that somebody talks.

Subtitle times are made for readers: they lead in, linger, and are rounded to frames. All boundaries of an episode
are chosen together by dynamic programming over a chain (start, end, start, end, …), so that neighbouring lines never
fight over the same words: inside a line frames should hold speech, between lines they should not, and a boundary
should not be far from its cue's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Boundary:
    """What is known of one line before its boundaries are placed.

    start, end: seconds, after sync. loose_start, loose_end: the boundary lies inside a cue and was only estimated.
    overlaps: its cue starts well before the previous one ends, so that both may speak at once. shortest: seconds that
    its text takes at least.
    """

    start: float
    end: float
    loose_start: bool = False
    loose_end: bool = False
    overlaps: bool = False
    shortest: float = 0.0


@dataclass(frozen=True)
class Placement:
    """How boundaries are placed; chosen on the even episodes of the development data (benchmarks/build_series.py).

    spread, loose_spread: scale in seconds of the Laplace prior around a cue's boundary, and around an estimated one.
    reach, loose_reach: farthest a boundary may move. floor, ceiling: bound the probability of one frame, so that
    frames which the VAD missed inside a line (shouts, noise, music) cost less than talk left outside of lines.
    lead, tail: seconds added before and after, because detectors fire late at onsets and let go early.
    min_duration: seconds that a line keeps at least.
    """

    spread: float = 0.12
    loose_spread: float = 0.6
    reach: float = 0.6
    loose_reach: float = 1.5
    floor: float = 0.25
    ceiling: float = 0.85
    lead: float = 0.045
    tail: float = 0.03
    min_duration: float = 0.2


def place(lines: Sequence[Boundary], speech: NDArray[np.float32], how: Placement) -> list[tuple[float, float]]:
    """Return (start, end) in seconds of each line, in the order given (sorted by start).

    speech: probability per frame, float32 `(num_frames,)` at 31.25 Hz.
    """
    evidence = _evidence(speech, how)
    placed: list[tuple[float, float]] = []
    for chain in _chains(lines):
        placed.extend(_padded(_place_chain(chain, evidence, len(speech), how), how))
    return placed


def _evidence(speech: NDArray[np.float32], how: Placement) -> Floats:
    """Return the cumulative log-odds of speech: the gain of putting frames [a, b) into a line is c[b] - c[a]."""
    clipped = np.clip(speech.astype(np.float64), how.floor, how.ceiling)
    return np.concatenate([[0.0], np.cumsum(np.log(clipped / (1 - clipped)))])


def _chains(lines: Sequence[Boundary]) -> list[list[Boundary]]:
    """Cut where cues overlap or are far apart: boundaries of different chains do not constrain each other."""
    chains: list[list[Boundary]] = []
    for line in lines:
        if not chains or line.overlaps or line.start - chains[-1][-1].end > 4.0:
            chains.append([])
        chains[-1].append(line)
    return chains


def _place_chain(
    chain: Sequence[Boundary], evidence: Floats, num_frames: int, how: Placement
) -> list[tuple[float, float]]:
    """Viterbi over the chain's boundaries; each has the frames within its reach as candidates."""
    candidates, priors = [], []
    for line in chain:
        for time, loose in ((line.start, line.loose_start), (line.end, line.loose_end)):
            frames, prior = _candidates(time, loose, num_frames, how)
            candidates.append(frames)
            priors.append(prior)
    best = priors[0] - evidence[candidates[0]]
    back: list[NDArray[np.intp]] = []
    for place in range(1, len(candidates)):
        ends = place % 2 == 1  # this boundary closes a line
        least = round(max(how.min_duration, chain[place // 2].shortest) * FRAME_RATE) if ends else 0
        allowed = candidates[place][:, None] - candidates[place - 1][None, :] >= least
        scores = np.where(allowed, best[None, :], best[None, :] - 1e6)
        choice = scores.argmax(axis=1)
        back.append(choice)
        gain = evidence[candidates[place]] if ends else -evidence[candidates[place]]
        best = scores[np.arange(len(choice)), choice] + priors[place] + gain
    return _trace(candidates, back, int(best.argmax()), how)


def _padded(placed: list[tuple[float, float]], how: Placement) -> list[tuple[float, float]]:
    """Give each line its lead and tail, of what room there is to its neighbours."""
    padded = []
    for index, (start, end) in enumerate(placed):
        before = start - (placed[index - 1][1] if index else 0.0)
        after = (placed[index + 1][0] if index + 1 < len(placed) else np.inf) - end
        padded.append((start - min(how.lead, before / 2), end + min(how.tail, after / 2)))
    return padded


def _candidates(time: float, loose: bool, num_frames: int, how: Placement) -> tuple[NDArray[np.int64], Floats]:
    reach = how.loose_reach if loose else how.reach
    spread = how.loose_spread if loose else how.spread
    first = int(np.clip(np.floor((time - reach) * FRAME_RATE), 0, num_frames))
    last = int(np.clip(np.ceil((time + reach) * FRAME_RATE), first, num_frames))
    frames = np.arange(first, last + 1)
    return frames, -np.abs(frames / FRAME_RATE - time) / spread


def _trace(
    candidates: list[NDArray[np.int64]], back: list[NDArray[np.intp]], last: int, how: Placement
) -> list[tuple[float, float]]:
    chosen = [last]
    for choice in reversed(back):
        chosen.append(int(choice[chosen[-1]]))
    times = [int(frames[index]) / FRAME_RATE for frames, index in zip(candidates, reversed(chosen), strict=True)]
    return [(start, max(end, start + how.min_duration)) for start, end in zip(times[::2], times[1::2], strict=True)]


def speech_regions(
    speech: NDArray[np.float32], onset: float = 0.5, offset: float = 0.35, min_gap: float = 0.3, min_length: float = 0.2
) -> list[tuple[float, float]]:
    """Return the stretches of speech in seconds: hysteresis, gaps closed, blips left out.

    onset, offset: Silero's published defaults (0.5, and 0.15 below it).
    """
    active = _hysteresis(speech, onset, offset)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    regions: list[list[float]] = []
    for first, last in zip(edges[::2] / FRAME_RATE, edges[1::2] / FRAME_RATE, strict=True):
        if regions and first - regions[-1][1] < min_gap:
            regions[-1][1] = last
        else:
            regions.append([first, last])
    return [(float(first), float(last)) for first, last in regions if last - first >= min_length]


def _hysteresis(speech: NDArray[np.float32], onset: float, offset: float) -> NDArray[np.bool_]:
    """True from a frame at `onset` on until one falls under `offset`."""
    marks = np.where(speech >= onset, 1, np.where(speech < offset, 0, -1))
    places = np.where(marks >= 0, np.arange(len(marks)), -1)
    last = np.maximum.accumulate(places)
    return np.asarray(np.where(last >= 0, marks[np.maximum(last, 0)] == 1, False))


def split_long(start: float, end: float, speech: NDArray[np.float32], longest: float) -> list[tuple[float, float]]:
    """Cut a stretch of speech over `longest` seconds at its quietest inner frames."""
    if end - start <= longest:
        return [(start, end)]
    margin = min(1.0, longest / 4)
    first, last = round((start + margin) * FRAME_RATE), round((end - margin) * FRAME_RATE)
    middle = (start + end) / 2 * FRAME_RATE
    frames = np.arange(first, last)
    pull = np.abs(frames - middle) / (last - first)
    cut = float(frames[np.argmin(speech[first:last] + 0.3 * pull)]) / FRAME_RATE
    return split_long(start, cut, speech, longest) + split_long(cut, end, speech, longest)


def split_at_changes(
    start: float, end: float, change: NDArray[np.float32], threshold: float, least: float = 0.35
) -> list[tuple[float, float]]:
    """Cut a stretch of speech where the speaker changes, the surest change first; pieces last `least` seconds at least.

    change: certainty of a change per frame, float32 at 31.25 Hz. threshold: below it nothing is cut.
    """
    first, last = round((start + least) * FRAME_RATE), round((end - least) * FRAME_RATE)
    inside = change[first : max(first, last)]
    if not len(inside) or inside.max() < threshold:
        return [(start, end)]
    cut = (first + int(inside.argmax())) / FRAME_RATE
    pieces = ((start, cut), (cut, end))
    return [piece for half in pieces for piece in split_at_changes(*half, change, threshold, least)]
