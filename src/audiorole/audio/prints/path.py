"""Which offset holds when: the likeliest way through a recording over all offsets that were sighted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

EQUAL, DIFFERENT = float(np.log(0.8 / 0.5)), float(np.log(0.2 / 0.5))
"""Log-likelihood of a bit: the same recording (80 % equal, what speed and a small codec leave) against another one."""

BLOCK = 4
"""Frames, 128 ms, that the way is first found in."""

CHANGE = 15.0
"""What a change of offset costs, in nats: seven frames that fit, a quarter of a second."""

BLIND = 3
"""Frames on either side of a cut that see over it, and fit neither what is before nor what is behind it."""

NEAR = 63
"""Frames, two seconds, within which the end of a run is looked for again, frame by frame."""


@dataclass(frozen=True)
class PrintRun:
    """Frames `[first, last)` at the offset numbered `state`."""

    state: int
    first: int
    last: int


def best_runs(equal: NDArray[np.int8], shifts: Sequence[int]) -> list[PrintRun]:
    """Return the runs of frames that the copy has, in order.

    equal: int8 `(num_offsets, num_frames)`, equal bits of eight. shifts: the offsets in frames of the print.
    """
    gain = equal * EQUAL + (8 - equal) * DIFFERENT
    runs = [PrintRun(s, f * BLOCK, min(last * BLOCK, gain.shape[1])) for s, f, last in _way(_blocks(gain))]
    sums = np.concatenate([np.zeros((len(gain), 1)), np.cumsum(gain, axis=1)], axis=1)
    return _joined([_trimmed(run, sums) for run in runs], sums, shifts)


def _blocks(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gain of blocks, float64 `(num_blocks, num_offsets + 1)`; the last column is "not there"."""
    starts = np.arange(0, gain.shape[1], BLOCK)
    summed = np.add.reduceat(gain, starts, axis=1).T
    return np.hstack([summed, np.zeros((len(summed), 1))])


def _way(gain: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Return (offset, first block, block behind the last) of the best way, without what is not there."""
    count, absent = gain.shape[1], gain.shape[1] - 1
    total, came = gain[0].copy(), np.zeros(gain.shape, dtype=np.int32)
    own = np.arange(count)
    for block in range(1, len(gain)):
        best = int(total.argmax())
        jump = total[best] - CHANGE > total
        came[block] = np.where(jump, best, own)
        total = np.maximum(total, total[best] - CHANGE) + gain[block]
    states = [int(total.argmax())]
    for block in range(len(gain) - 1, 0, -1):
        states.append(int(came[block, states[-1]]))
    states.reverse()
    edges = [0, *(n for n in range(1, len(states)) if states[n] != states[n - 1]), len(states)]
    return [(states[a], a, b) for a, b in itertools.pairwise(edges) if states[a] != absent]


def _joined(runs: list[PrintRun], sums: NDArray[np.float64], shifts: Sequence[int]) -> list[PrintRun]:
    """Return the runs with neighbours of one offset as one, and the borders of the others where they fit best."""
    found: list[PrintRun] = []
    for run in runs:
        if found and found[-1].state == run.state:
            found[-1] = replace(found[-1], last=run.last)
        elif found:
            found[-1], run = _border(found[-1], run, sums, shifts)
            found.append(run)
        else:
            found.append(run)
    return found


def _border(
    one: PrintRun, two: PrintRun, sums: NDArray[np.float64], shifts: Sequence[int]
) -> tuple[PrintRun, PrintRun]:
    """Return both runs with the border between them where the frames say it is.

    A copy that lacks something goes on where it left: as many frames are missing as the offsets differ. One that has
    something more lacks nothing.
    """
    gap = max(0, shifts[one.state] - shifts[two.state])
    if abs(two.first - one.last - gap) > NEAR:
        return one, two
    low, high = max(one.first + BLIND, one.last - NEAR), min(one.last + NEAR, two.last - gap - BLIND)
    places = np.arange(low, high)
    if not len(places):
        return one, two
    value = sums[one.state, places - BLIND] - sums[two.state, places + gap + BLIND]
    best = int(places[int(value.argmax())])
    return replace(one, last=best), replace(two, first=best + gap)


def _trimmed(run: PrintRun, sums: NDArray[np.float64]) -> PrintRun:
    """Return the run without frames at its ends that speak against it; at most a block of each end is in question."""
    own = sums[run.state]
    first = run.first + int(np.argmin(own[run.first : min(run.last, run.first + BLOCK)]))
    low = max(first + 1, run.last - BLOCK)
    return replace(run, first=first, last=low + int(np.argmax(own[low : run.last + 1])))
