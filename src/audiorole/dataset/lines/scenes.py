"""Scene breaks from sound alone: long pauses, another background, another cast."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE
from audiorole.types import Utterance

Floats = NDArray[np.float64]

BACKGROUND_SECONDS = 12.0
"""How far around a gap the background is measured."""

CAST_LINES = 3
"""How many lines before and after a gap are compared for who speaks in them: an exchange's worth."""

LONG_PAUSE = (1.5, 2.5)
"""Seconds between which a pause grows too long for talk."""

MOST_DIP = 30.0
"""dB by which a gap is quieter than gaps usually are that still count: a cut goes through silence, talk does not."""

NUM_FEATURES = 5


@dataclass(frozen=True)
class SceneModel:
    """A logistic model over the gap between two lines; fitted on the even episodes of the development data, with every
    gap twice, once without its dip: not every series goes through silence from scene to scene.

    pause: weight of log(1 + seconds between the lines); long_pause: of how far that is too long for talk, in [0, 1].
    background: of the change in dB of the level where nobody speaks; dip: of the dB by which the quietest moment of the
    gap lies below that of most gaps of the episode. cast: of the share of voices that are not on both sides.
    least: probability from which a gap is a break.
    """

    bias: float = -15.49
    pause: float = -0.16
    long_pause: float = 13.0
    background: float = 0.25
    dip: float = 0.107
    cast: float = 3.51
    least: float = 0.5

    @property
    def weights(self) -> Floats:
        """The weights in the order of `scene_features`."""
        return np.array([self.pause, self.long_pause, self.background, self.dip, self.cast])


def scene_features(lines: Sequence[Utterance], level: NDArray[np.float32], speech: NDArray[np.bool_]) -> Floats:
    """Return float64 `(num_lines - 1, NUM_FEATURES)` of each gap, see `SceneModel`.

    level (dB), speech: curves of the episode, `FRAME_RATE` a second.
    """
    gaps = list(itertools.pairwise(lines))
    pause = np.array([max(0.0, after.start - before.end) for before, after in gaps])
    quietest = np.array([_quietest(level, before.end, after.start) for before, after in gaps])
    low, high = LONG_PAUSE
    columns = (
        np.log1p(pause),
        np.clip((pause - low) / (high - low), 0, 1),
        np.array([_background_change(level, speech, before.end, after.start) for before, after in gaps]),
        np.clip(np.median(quietest) - quietest, 0, MOST_DIP) if gaps else quietest,
        np.array([_cast_change(lines, place) for place in range(1, len(lines))]),
    )
    return np.stack(columns, axis=1).astype(np.float64).reshape(-1, NUM_FEATURES)


def is_scene_break(features: Floats, model: SceneModel) -> NDArray[np.bool_]:
    """Return bool `(num_gaps,)`."""
    score = features @ model.weights + model.bias
    return np.asarray(1 / (1 + np.exp(-score)) >= model.least)


def _background_change(level: NDArray[np.float32], speech: NDArray[np.bool_], end: float, start: float) -> float:
    reach = round(BACKGROUND_SECONDS * FRAME_RATE)
    middle = round((end + start) / 2 * FRAME_RATE)
    before = _quiet_level(level, speech, max(0, middle - reach), middle)
    after = _quiet_level(level, speech, middle, min(len(level), middle + reach))
    return min(abs(before - after), 30.0)


def _quietest(level: NDArray[np.float32], first: float, last: float) -> float:
    """Return the lowest level (dB) between two moments (s)."""
    begin = min(max(round(first * FRAME_RATE), 0), max(len(level) - 1, 0))
    return float(level[begin : max(round(last * FRAME_RATE), begin + 1)].min(initial=0.0))


def _quiet_level(level: NDArray[np.float32], speech: NDArray[np.bool_], first: int, last: int) -> float:
    """Return the median level where nobody speaks; where somebody always does, the quietest tenth."""
    part, talking = level[first:last], speech[first:last]
    quiet = part[~talking]
    if len(quiet) >= 8:
        return float(np.median(quiet))
    return float(np.percentile(part, 10)) if len(part) else -100.0


def _cast_change(lines: Sequence[Utterance], place: int) -> float:
    before = {_voice(line) for line in lines[max(0, place - CAST_LINES) : place]}
    after = {_voice(line) for line in lines[place : place + CAST_LINES]}
    return 1.0 - len(before & after) / len(before | after)


def _voice(line: Utterance) -> str:
    return (line.naming.character or line.naming.speaker) if line.naming else ""
