"""From matched characters to the audio times of cues, and from those to one clock: rate, offsets, cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.matching import Matches
from audiorole.dataset.sync.wording import CharacterRow, Floats, Ints

_FEWEST_CHARACTERS = 5
"""Matched characters from which a cue counts as heard."""
_LEADING = 15
"""Characters at the beginning of a cue that tell when it starts; pauses within a cue would spoil those further on."""
_SPEED, _SLOWEST, _FASTEST = 0.07, 0.12, 0.03
"""Seconds a character takes where a cue has too few to tell, and its bounds."""
_NEAR, _MOST = 0.15, 4.0
"""Seconds that one unit of cost stands for, and units at most for one cue: a cue heard elsewhere is one bad cue."""
_USUAL, _LIGHTEST, _HEAVIEST = 12, 0.5, 2.5
"""Matched characters that give a cue the weight 1, and the bounds of a cue's weight."""
_EARLY = 0.03
"""Seconds by which a recogniser's words begin before they are spoken."""
_CUT, _SMALL_CUT, _SMALL = 9.0, 18.0, 1.5
"""Units of cost that a cut takes, and one of less than 1.5 s: a cue or two heard elsewhere are no cut."""
_STEP = 0.1
"""Seconds between the offsets that are tried."""


@dataclass(frozen=True)
class AnchoredCues:
    """Cues that were heard, in order, `(num_anchors,)` each.

    cues: their indexes; heard: audio seconds at which their first character is spoken; characters: matched ones.
    """

    cues: Ints
    heard: Floats
    characters: Ints

    def __len__(self) -> int:
        return len(self.cues)

    @classmethod
    def none(cls) -> AnchoredCues:
        """Return no anchors."""
        return cls(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))

    def per_cue(self, count: int) -> Floats:
        """Return the heard times of all `count` cues, NaN where a cue was not heard."""
        times = np.full(count, np.nan)
        times[self.cues] = self.heard
        return times


@dataclass(frozen=True)
class ClockFit:
    """What the anchors say of the subtitle's clock: audio time = rate * time + offset.

    offsets: seconds per anchor; near: anchors within 0.6 s of theirs; cost: of all of them, and of the cuts.
    """

    rate: float
    offsets: Floats
    near: NDArray[np.bool_]
    cost: float

    @classmethod
    def none(cls) -> ClockFit:
        """Return the clock of no anchors."""
        return cls(1.0, np.zeros(0), np.zeros(0, np.bool_), 0.0)


def anchors_of(heard: CharacterRow, said: CharacterRow, matches: Matches) -> AnchoredCues:
    """Return the cues of `said` with enough matched characters, and when they begin."""
    owners = said.owners[matches.said]
    cues, firsts = np.unique(owners, return_index=True)
    found = [
        (int(cue), _start(said.places[pairs.said], heard.times[pairs.heard]), len(pairs))
        for cue, pairs in ((cue, _part(matches, owners == cue)) for cue in cues[np.argsort(firsts)])
        if len(pairs) >= _FEWEST_CHARACTERS
    ]
    rows = np.array(found, dtype=np.float64).reshape(-1, 3)
    return AnchoredCues(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2].astype(np.int64))


def _part(matches: Matches, kept: NDArray[np.bool_]) -> Matches:
    return Matches(matches.heard[kept], matches.said[kept])


def _start(places: Ints, times: Floats) -> float:
    """Return when character 0 begins, from the characters heard at `times`."""
    span = int(places[-1] - places[0])
    speed = float(np.clip((times[-1] - times[0]) / span, _FASTEST, _SLOWEST)) if span >= 8 else _SPEED
    leading = places <= max(int(places[0]) + _FEWEST_CHARACTERS, _LEADING)
    return float(np.median((times - (places + 0.5) * speed)[leading])) + _EARLY


def clock_of(anchors: AnchoredCues, starts: Floats, rate: float) -> ClockFit:
    """Return the clock at `rate` with the least cost (Viterbi 1967). starts: of all cues, subtitle seconds."""
    if not len(anchors):
        return ClockFit.none()
    found = anchors.heard - rate * starts[anchors.cues]
    tried = np.unique(np.round(found / _STEP) * _STEP)
    weights = np.clip(anchors.characters / _USUAL, _LIGHTEST, _HEAVIEST)
    costs = np.minimum(np.abs(found[:, None] - tried[None, :]) / _NEAR, _MOST) * weights[:, None]
    offsets, cost = _cheapest(tried, costs)
    return ClockFit(rate, offsets, np.abs(found - offsets) < _NEAR * _MOST, cost)


def _cheapest(tried: Floats, costs: Floats) -> tuple[Floats, float]:
    """Return the offset of each anchor on the cheapest way and its cost. costs: `(num_anchors, num_tried)`."""
    apart = np.abs(tried[:, None] - tried[None, :])
    jumps = np.where(apart == 0, 0.0, np.where(apart < _SMALL, _SMALL_CUT, _CUT))
    total, came = costs[0], []
    for row in costs[1:]:
        ways = total[:, None] + jumps
        came.append(ways.argmin(axis=0))
        total = ways.min(axis=0) + row
    chosen = [int(total.argmin())]
    for back in reversed(came):
        chosen.append(int(back[chosen[-1]]))
    return tried[chosen[::-1]], float(total.min())
