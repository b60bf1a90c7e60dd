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

CAST_LINES = 5
"""How many lines before and after a gap are compared for who speaks in them."""


@dataclass(frozen=True)
class SceneModel:
    """A logistic model over the gap between two lines; fitted on the even episodes of the development data.

    pause: weight of log(1 + seconds between the lines). background: of the change in dB of the level where nobody
    speaks. cast: of the share of voices that are not on both sides. least: probability from which a gap is a break.
    """

    bias: float = -7.64
    pause: float = 3.80
    background: float = 0.09
    cast: float = 1.98
    least: float = 0.4


def scene_features(lines: Sequence[Utterance], level: NDArray[np.float32], speech: NDArray[np.bool_]) -> Floats:
    """Return float64 `(num_lines - 1, 3)`: pause, background change and cast change at each gap."""
    rows = [
        (
            np.log1p(max(0.0, after.start - before.end)),
            _background_change(level, speech, before.end, after.start),
            _cast_change(lines, index + 1),
        )
        for index, (before, after) in enumerate(itertools.pairwise(lines))
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def is_scene_break(features: Floats, model: SceneModel) -> NDArray[np.bool_]:
    """Return bool `(num_gaps,)`."""
    score = features @ np.array([model.pause, model.background, model.cast]) + model.bias
    return np.asarray(1 / (1 + np.exp(-score)) >= model.least)


def _background_change(level: NDArray[np.float32], speech: NDArray[np.bool_], end: float, start: float) -> float:
    reach = round(BACKGROUND_SECONDS * FRAME_RATE)
    middle = round((end + start) / 2 * FRAME_RATE)
    before = _quiet_level(level, speech, max(0, middle - reach), middle)
    after = _quiet_level(level, speech, middle, min(len(level), middle + reach))
    return min(abs(before - after), 30.0)


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
