"""From a path on a coarse grid to pieces: exact offsets, exact cuts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.evidence import SpeechEvidence
from audiorole.dataset.sync.path import SKIP, WORST
from audiorole.dataset.sync.pauses import Cues
from audiorole.dataset.sync.records import EVER, MapPiece

Floats = NDArray[np.float64]

_SAME_PLACE = 0.4
"""Seconds; jumps this small are jitter of cues on the grid, not cuts."""
_SEARCH = 0.4
"""Seconds around the grid's offset within which the exact one is sought."""
_STEP = 0.008
"""Seconds; a quarter of a frame, the evidence is interpolated between frames."""
_LAG = 0.03
"""Seconds by which whole cues place speech late with Silero VAD (median over the even development episodes)."""
_WHOLE = 0.25
"""Weight of whole cues beside the cues' starts and heard words."""
_FEWEST_ONSETS = 4
"""Cue starts after a pause that a run needs to be placed by them; else its whole cues must do."""
_CUT_SECONDS, _SMALL_CUT = 15.0, 18.0
"""Jumps under 15 s are rarely cuts (ad breaks, recaps, credits are longer) and must bring more."""
_CUT = 10.0
"""Evidence that a further piece must bring; the grid's path asks less, so that it finds all that could be one."""
_NEIGHBOURS = 8
"""Cues on both sides of a cut that may change sides: the grid's path errs by one or two."""


@dataclass(frozen=True)
class Run:
    """Consecutive cues at one offset: `first` to `last`, both placed."""

    first: int
    last: int
    offset: float


def pieces_of(cues: Cues, offsets: Floats, sounds: SpeechEvidence, rate: float) -> tuple[MapPiece, ...]:
    """Return the pieces of a path. cues: at audio rate; offsets: `(num_cues,)` on the grid, NaN where skipped.

    Runs of cues that were heard stay: their words are the proof that activity would have to bring.
    """
    runs = [_refined(run, cues, sounds) for run in _merged(_runs(offsets))]
    if not np.isfinite(cues.heard).any():
        runs = _pruned(runs, cues, sounds)
    runs = [_refined(run, cues, sounds) for run in _refined_cuts(_merged(runs), cues, sounds)]
    if not runs:
        return ()
    bounds = [_bounds(before, after, cues) for before, after in pairwise(runs)]
    starts = [-EVER, *(start for _, start in bounds)]
    ends = [*(end for end, _ in bounds), EVER]
    return tuple(
        MapPiece(start=start / rate, end=end / rate, offset=run.offset, rate=rate)
        for run, start, end in zip(runs, starts, ends, strict=True)
    )


def _runs(offsets: Floats) -> list[Run]:
    runs: list[Run] = []
    for cue in np.flatnonzero(np.isfinite(offsets)):
        if runs and abs(runs[-1].offset - offsets[cue]) < 1e-6:
            runs[-1] = Run(runs[-1].first, int(cue), runs[-1].offset)
        else:
            runs.append(Run(int(cue), int(cue), float(offsets[cue])))
    return runs


def _merged(runs: list[Run]) -> list[Run]:
    """Join neighbours at (nearly) the same offset: what was skipped between them is there, only not heard."""
    merged: list[Run] = []
    for run in runs:
        if merged and abs(merged[-1].offset - run.offset) < _SAME_PLACE:
            longer = max(merged[-1], run, key=lambda r: r.last - r.first)
            merged[-1] = Run(merged[-1].first, run.last, longer.offset)
        else:
            merged.append(run)
    return merged


def _refined(run: Run, cues: Cues, sounds: SpeechEvidence) -> Run:
    """Return the run at the offset (to 8 ms) where its cues' starts fit best.

    People start cues with the speech and let them stand after it: ends would pull subtitles as written 0.1 s early.
    """
    steps, total = _around(run, cues, sounds)
    return Run(run.first, run.last, float(steps[int(total.argmax())]))


def _around(run: Run, cues: Cues, sounds: SpeechEvidence) -> tuple[Floats, Floats]:
    """Return offsets near the run's and the evidence for each, `(num_offsets,)` both."""
    steps = run.offset + np.arange(-_SEARCH, _SEARCH + _STEP / 2, _STEP)
    part = cues.part(run.first, run.last + 1)
    total, onsets = part.onsets(sounds, steps)
    if np.isfinite(part.heard).any():
        whole = part.activity(sounds, steps + _LAG).sum(axis=0)
        return steps, total + _WHOLE * whole + part.words(steps).sum(axis=0)
    if onsets < _FEWEST_ONSETS:
        return steps - _LAG, part.scores(sounds, steps).sum(axis=0)
    return steps, total


def worth(cues: Cues, offsets: Floats, sounds: SpeechEvidence) -> float:
    """Return the evidence for a path as `pieces_of` takes it, less what its cuts cost."""
    runs = _merged(_runs(offsets))
    costs = sum(_cost(after.offset - before.offset) for before, after in pairwise(runs))
    return sum(float(_around(run, cues, sounds)[1].max()) for run in runs) - costs


def _pruned(runs: list[Run], cues: Cues, sounds: SpeechEvidence) -> list[Run]:
    """Drop runs that earn less than a cut costs: among thousands of offsets a cue or two fit somewhere by chance."""
    offsets = np.array([run.offset for run in runs])
    scores = np.maximum(cues.scores(sounds, offsets), WORST)
    kept = np.arange(len(runs))
    value, bounds = _segmented(cues, scores, offsets)
    while len(kept) > 1:
        options = [np.delete(kept, at) for at in range(len(kept))]
        tried = [(*_segmented(cues, scores[:, keep], offsets[keep]), keep) for keep in options]
        best = max(tried, key=lambda option: option[0])
        if best[0] < value:
            break
        value, bounds, kept = best
    return [
        Run(first, last, float(offsets[at])) for at, (first, last) in zip(kept, bounds, strict=True) if first <= last
    ]


def _segmented(cues: Cues, scores: Floats, offsets: Floats) -> tuple[float, list[tuple[int, int]]]:
    """Return the value of the best division of cues among runs, in order, and the first and last cue of each.

    scores: `(num_cues, num_runs)`; offsets: of the runs. Cues may be skipped between two runs, and must be where the
    audio lacks them. A run that gets no cue has last < first.
    """
    num_cues, num_runs = scores.shape
    sums = np.vstack([np.zeros(num_runs), np.cumsum(scores, axis=0)])
    skipped = SKIP * np.arange(num_cues + 1)
    reached = -skipped  # by number of cues so far; those ahead of the first run are skipped
    came = []
    for run in range(num_runs):
        opened = reached - sums[:, run]
        start = _argmax_so_far(opened)
        ended = sums[:, run] + opened[start] - (_cost(offsets[run] - offsets[run - 1]) if run else 0.0)
        lacking = max(0.0, offsets[run] - offsets[run + 1]) if run + 1 < num_runs else 0.0
        latest = _latest_end(cues, lacking)
        stop = _argmax_so_far(ended + skipped)[latest]
        reached = np.where(latest >= 0, ended[stop] + skipped[stop] - skipped, -np.inf)
        came.append((start, stop))
    position, bounds = num_cues, []
    for start, stop in reversed(came):
        last = int(stop[position])
        position = int(start[last])
        bounds.append((position, last - 1))
    return float(reached[num_cues]), bounds[::-1]


def _cost(jump: float) -> float:
    """Return the evidence a jump of offset by `jump` seconds must bring; none where nothing moves."""
    if abs(jump) < _SAME_PLACE:
        return 0.0
    return _CUT if abs(jump) >= _CUT_SECONDS else _SMALL_CUT


def _latest_end(cues: Cues, lacking: float) -> NDArray[np.int64]:
    """Return for 0 … num_cues cues so far how many may lie before a cut of `lacking` seconds; -1 for none at all."""
    resumes = np.concatenate([[-np.inf], np.maximum.accumulate(cues.ends) + lacking - 1e-6])
    latest = np.searchsorted(resumes, np.append(cues.starts, np.inf), side="right") - 1
    return np.asarray(np.minimum(latest, np.arange(len(cues) + 1)), dtype=np.int64)


def _argmax_so_far(values: Floats) -> NDArray[np.int64]:
    best = np.maximum.accumulate(values)
    return np.maximum.accumulate(np.where(values == best, np.arange(len(values)), 0))


def _refined_cuts(runs: list[Run], cues: Cues, sounds: SpeechEvidence) -> list[Run]:
    """Move the cues next to each cut to the side where the evidence is higher."""
    settled = list(runs)
    for at in range(len(runs) - 1):
        before, after = settled[at], settled[at + 1]
        low = max(before.first, before.last - _NEIGHBOURS)
        high = min(after.last, after.first + _NEIGHBOURS)
        part = cues.part(low, high + 1)
        scores = _beside_cuts(
            part, sounds, np.array([before.offset, after.offset]), bool(np.isfinite(cues.heard).any())
        )
        last, first = _best_cut(part, scores, before.offset - after.offset)
        settled[at] = Run(before.first, low + last, before.offset)
        settled[at + 1] = Run(low + first, after.last, after.offset)
    return settled


def _beside_cuts(cues: Cues, sounds: SpeechEvidence, offsets: Floats, words: bool) -> Floats:
    """Return the evidence of every cue at the offsets on both sides; words say more of it than activity does."""
    return cues.words(offsets) + (_WHOLE if words else 1.0) * cues.activity(sounds, offsets)


def _best_cut(cues: Cues, scores: Floats, lacking: float) -> tuple[int, int]:
    """Return the last cue before and the first after the cut. lacking: seconds of subtitle that the audio has not."""
    gained = np.cumsum(scores[:, 0])
    remaining = np.cumsum(scores[::-1, 1])[::-1]
    options = []
    for last in range(len(cues) - 1):
        # The cut takes exactly `lacking` seconds of subtitle, from anywhere between two cues.
        resumes = cues.ends[last] + max(0.0, lacking) - 1e-6
        first = last + 1 + int(np.searchsorted(cues.starts[last + 1 :], resumes))
        if first < len(cues):
            options.append((float(gained[last] + remaining[first]), last, first))
    if not options:
        return 0, len(cues) - 1
    _, last, first = max(options)
    return last, first


def _bounds(before: Run, after: Run, cues: Cues) -> tuple[float, float]:
    """Return where the piece of `before` ends and that of `after` begins, on the stretched subtitle clock."""
    lacking = max(0.0, before.offset - after.offset)
    end, start = cues.ends[before.first : before.last + 1].max(), cues.starts[after.first]
    slack = max(0.0, start - end - lacking)
    cut = min(end + slack / 2, start)
    return float(cut), float(max(cut + lacking, cut))
