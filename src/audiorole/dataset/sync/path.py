"""Dynamic programming over cues and offsets: the best way through an episode with cuts in it.

Every cue either lies at an offset or is skipped. Consecutive cues keep their offset for nothing; a jump costs:

- to a later place, nothing skipped: the audio has something extra there (an ad break);
- over skipped cues, the audio going on at once: the audio lacks that part (the subtitle was made for a longer cut);
- over skipped cues to anywhere else: something was replaced, the rarest.

Audio times never go back. All offsets are one array, so a cue costs a few passes over it whatever the path does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.evidence import SpeechEvidence
from audiorole.dataset.sync.pauses import EDGE, Cues

Row = NDArray[np.float32]

# In units of evidence (about 2 a cue where cues lie right). Chosen on the even episodes of a development series by
# benchmarks/sync.py; halving or doubling any one of them moves the share of repaired lines by under two per cent.
_JUMP = 7.0
_JUMP_OVER_SKIPPED = 6.0
_JUMP_PER_SECOND = 0.3  # of audio between the cues on both sides of a lacking part
_JUMP_ANYWHERE = 20.0
_SKIP = 1.0  # per skipped cue
_WORST = -2.0  # a single cue says no more than this against a place: one bad cue is not a cut
_NEVER = np.float32(-1e9)
SKIP, WORST = _SKIP, _WORST
_ROUNDING = 1e-3  # of float32 sums of some thousands


@dataclass(frozen=True)
class Grid:
    """Cues on a grid of `step` seconds. Bounds: steps `(num_cues,)`; offsets: `low` to `low + count - 1` steps."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    pause_starts: NDArray[np.int64]
    pause_ends: NDArray[np.int64]
    low: int
    count: int
    step: float


@dataclass(frozen=True)
class Path:
    """score: evidence less costs. offsets: seconds per cue `(num_cues,)`, NaN for skipped cues."""

    score: float
    offsets: NDArray[np.float64]


def grid_of(cues: Cues, sounds: SpeechEvidence, reach: float) -> Grid:
    """Lay `cues` on the frames of `sounds`; offsets within `reach` seconds that keep some cue inside the audio."""
    step = 1.0 / sounds.frame_rate

    def steps(times: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint(times / step).astype(np.int64)

    starts = steps(cues.starts + EDGE)
    ends = np.maximum(starts + 1, steps(cues.ends - EDGE))
    pause_starts, pause_ends = steps(cues.pause_starts), steps(cues.pause_ends)
    low = max(-int(reach / step), -int(ends.max()))
    high = min(int(reach / step), sounds.num_frames - int(starts.min()))
    pause_ends = np.where(cues.pause_ends > cues.pause_starts, np.maximum(pause_starts, pause_ends), pause_starts)
    return Grid(starts, ends, pause_starts, pause_ends, low, max(1, high - low + 1), step)


class _Search:
    """One forward pass; keeps a row of scores per cue when the path itself is wanted."""

    def __init__(self, grid: Grid, sounds: SpeechEvidence) -> None:
        self.grid = grid
        latest = int(max(grid.ends.max(), grid.pause_ends.max())) + grid.low + grid.count
        earliest = int(min(grid.starts.min(), grid.pause_starts.min())) + grid.low
        front, back = max(0, -earliest) + 2, max(0, latest - sounds.num_frames) + 2
        outside = sounds.outside * 31.25 * grid.step
        self.base = front + grid.low
        self.speech = _padded(sounds.cue, front, back, outside)
        self.pause = _padded(sounds.pause, front, back, 0.0)
        self.ramp: Row = (np.arange(len(self.speech)) * (_JUMP_PER_SECOND * grid.step)).astype(np.float32)

    def score(self, cue: int) -> Row:
        """Return the evidence of `cue` at every offset."""
        grid = self.grid
        found = self._between(self.speech, grid.starts[cue], grid.ends[cue])
        if grid.pause_ends[cue] > grid.pause_starts[cue]:
            found = found + self._between(self.pause, grid.pause_starts[cue], grid.pause_ends[cue])
        return np.maximum(found, np.float32(_WORST))

    def _between(self, sums: Row, start: np.int64, end: np.int64) -> Row:
        first, last = self.base + int(start), self.base + int(end)
        return np.asarray(sums[last : last + self.grid.count] - sums[first : first + self.grid.count])

    def forward(self, rows: Row | None) -> float:
        """Return the best score; fill `rows` `(num_cues, num_offsets)` with the best score that ends in each place."""
        grid, count = self.grid, self.grid.count
        # By audio time of the last placed cue's end, with _SKIP per cue so far added: skipping then changes nothing.
        placed, near = _Reached(len(self.speech), 0.0), _Reached(len(self.speech), float(_NEVER))
        here = np.full(count, _NEVER, dtype=np.float32)
        for cue in range(len(grid.starts)):
            first, last = self.base + int(grid.starts[cue]), self.base + int(grid.ends[cue])
            skipped = np.float32(_SKIP * cue)
            jump = placed.best(first, count) - (skipped + np.float32(_JUMP_ANYWHERE if cue else 0.0))
            onward = near.best(first, count) - self.ramp[first : first + count]
            np.maximum(jump, onward - (skipped + np.float32(_JUMP_OVER_SKIPPED)), out=jump)
            if cue:
                _raise(jump, np.maximum.accumulate(here) - np.float32(_JUMP), self._room(cue))
            np.maximum(here, jump, out=here)
            here += self.score(cue)
            if rows is not None:
                rows[cue] = here
            reached = here + np.float32(_SKIP * (cue + 1))
            placed.reach(last, reached)
            near.reach(last, reached + self.ramp[last : last + count])
        return float(placed.values.max()) - _SKIP * len(grid.starts)

    def _room(self, cue: int) -> int:
        """Steps of pause before `cue`: how far an offset may fall without going back in time."""
        return max(0, int(self.grid.starts[cue] - self.grid.ends[cue - 1]))

    def backward(self, rows: Row) -> NDArray[np.int64]:
        """Return the offset index of every cue on the best path, -1 for skipped ones."""
        cues = len(rows)
        chosen = np.full(cues, -1, dtype=np.int64)
        highest = rows.max(axis=1)
        at: tuple[int, int] | None = _best(highest - _SKIP * (cues - 1 - np.arange(cues)), rows)
        while at is not None:
            chosen[at[0]] = at[1]
            at = self._before(rows, highest, *at)
        return chosen

    def _before(self, rows: Row, highest: Row, cue: int, offset: int) -> tuple[int, int] | None:
        """Return the place the path came from, None where it begins."""
        if cue == 0:
            return None
        came = float(rows[cue, offset] - self.score(cue)[offset]) - _ROUNDING
        if rows[cue - 1, offset] >= came:
            return cue - 1, offset
        direct = rows[cue - 1, : offset + self._room(cue) + 1]
        if direct.max() - _JUMP >= came:
            return cue - 1, int(direct.argmax())
        ways: list[tuple[float, tuple[int, int] | None]] = [(-_SKIP * cue, None)]
        skipped = _SKIP * (cue - 1 - np.arange(cue))
        for earlier in np.flatnonzero(highest[:cue] - skipped - _JUMP_OVER_SKIPPED >= came):
            ways.extend(self._over_skipped(rows, cue, offset, int(earlier)))
        return max(ways, key=lambda way: way[0])[1]

    def _over_skipped(
        self, rows: Row, cue: int, offset: int, earlier: int
    ) -> list[tuple[float, tuple[int, int] | None]]:
        """Return the best ways from cue `earlier`, all between skipped: to anywhere, and to where the audio goes on."""
        distance = int(self.grid.starts[cue]) + offset - int(self.grid.ends[earlier])
        row = rows[earlier, : max(0, distance + 1)]
        if not len(row):
            return []
        onward = row - (distance - np.arange(len(row))) * (_JUMP_PER_SECOND * self.grid.step)
        skipped = _SKIP * (cue - 1 - earlier)
        return [
            (float(row.max()) - skipped - _JUMP_ANYWHERE, (earlier, int(row.argmax()))),
            (float(onward.max()) - skipped - _JUMP_OVER_SKIPPED, (earlier, int(onward.argmax()))),
        ]


class _Reached:
    """Best score by audio time of the last placed cue's end. Asked for at rising times, so the past is one number."""

    def __init__(self, size: int, start: float) -> None:
        self.values: Row = np.full(size, start, dtype=np.float32)
        self._seen, self._past = 0, np.float32(start)

    def best(self, first: int, count: int) -> Row:
        """Return for each time from `first` the best score that ends no later, `(count,)`."""
        if first > self._seen:
            self._past = max(self._past, self.values[self._seen : first].max())
            self._seen = first
        until = np.maximum.accumulate(self.values[first : first + count])
        return np.maximum(until, self._past, out=until)

    def reach(self, first: int, scores: Row) -> None:
        """Take `scores` for the times from `first` where they are better."""
        span = self.values[first : first + len(scores)]
        np.maximum(span, scores, out=span)


def _raise(jump: Row, better: Row, room: int) -> None:
    """Take `better` where it is, `room` offsets further down: those may fall by the pause before the cue."""
    count = len(jump)
    np.maximum(jump[: count - room], better[room:], out=jump[: count - room])
    if room:
        np.maximum(jump[count - room :], better[-1], out=jump[count - room :])


def _best(ends: NDArray[np.float64], rows: Row) -> tuple[int, int]:
    cue = int(ends.argmax())
    return cue, int(rows[cue].argmax())


def _padded(sums: NDArray[np.float64], front: int, back: int, slope: float) -> Row:
    before = sums[0] - slope * np.arange(front, 0, -1)
    after = sums[-1] + slope * np.arange(1, back + 1)
    return np.concatenate([before, sums, after]).astype(np.float32)


def best_score(cues: Cues, sounds: SpeechEvidence, reach: float) -> float:
    """Return the score of the best path without finding the path."""
    return _Search(grid_of(cues, sounds, reach), sounds).forward(None)


def best_path(cues: Cues, sounds: SpeechEvidence, reach: float) -> Path:
    """Return the best path of `cues` through the audio behind `sounds`, offsets within ± `reach` seconds."""
    grid = grid_of(cues, sounds, reach)
    search = _Search(grid, sounds)
    rows = np.empty((len(cues), grid.count), dtype=np.float32)
    score = search.forward(rows)
    chosen = search.backward(rows)
    offsets = np.where(chosen >= 0, (chosen + grid.low) * grid.step, np.nan)
    return Path(score, offsets)
