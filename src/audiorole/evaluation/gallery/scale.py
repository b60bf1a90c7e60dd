"""A scale from 0 (an impostor) to 1 (another real line) per character and duration bucket.

A raw cosine falls with the length of the line for everybody, so both ends are taken from lines of the same length.
Few lines fall into one bucket of one character; each end is therefore an additive fit (character + bucket) that the
cell's own mean pulls towards itself as it gains lines (James–Stein: n / (n + k)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKET_EDGES = (1.0, 2.0, 4.0)
"""Seconds of speech: < 1, 1–2, 2–4, > 4."""

BUCKET_NAMES = ("< 1 s", "1–2 s", "2–4 s", "> 4 s")

PULL = 5.0
"""Lines at which a cell weighs as much as the additive fit; benchmarks/evaluation/scale.py prints 0, 5 and 20."""

ROW_BOUNDS = (-1.0, 2.0)
"""Rows are held within these, as far beyond either end as the ends are apart.

Clipping rows to [0, 1] would lift impostors off 0 and press real lines under 1, half their spread each.
"""


def bucket(seconds: float) -> int:
    """Return the duration bucket, 0 to 3.

    >>> [bucket(seconds) for seconds in (0.5, 1.0, 3.9, 10)]
    [0, 1, 2, 3]
    """
    return int(np.searchsorted(BUCKET_EDGES, seconds, side="right"))


@dataclass(frozen=True)
class Measured:
    """Similarities of real lines to one character, with their buckets; float64 and int64 `(num_lines,)`."""

    values: NDArray[np.float64]
    buckets: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Measured:
        """Return (similarity, seconds of speech) pairs as arrays."""
        values = np.array([value for value, _ in pairs], dtype=np.float64)
        return cls(values, np.array([bucket(seconds) for _, seconds in pairs], dtype=np.int64))


@dataclass(frozen=True)
class Scale:
    """One character's floor and ceiling per bucket, float64 `(4,)`, and how sure the distance between them is."""

    floor: NDArray[np.float64]
    ceiling: NDArray[np.float64]
    separation: float
    error: float

    @property
    def separable(self) -> bool:
        """False where the encoder cannot tell this character from the impostors: less than two standard errors."""
        return self.separation >= 2 * self.error and bool(np.all(self.ceiling > self.floor))

    def normalise(self, value: float, seconds: float) -> float:
        """Return where `value` lies between floor (0) and ceiling (1) of its bucket, within `ROW_BOUNDS`."""
        at = bucket(seconds)
        position = (value - self.floor[at]) / (self.ceiling[at] - self.floor[at])
        return float(np.clip(position, *ROW_BOUNDS))


def fit_scales(real: Mapping[str, Measured], impostors: Mapping[str, Measured], pull: float = PULL) -> dict[str, Scale]:
    """Return the scale of every character that has real lines and impostor lines."""
    names = [name for name in real if len(real[name].values) > 1 and len(impostors[name].values) > 1]
    ceilings = _fit({name: real[name] for name in names}, pull)
    floors = _fit({name: impostors[name] for name in names}, pull)
    return {name: _scale(floors[name], ceilings[name], real[name], impostors[name]) for name in names}


def _scale(floor: NDArray[np.float64], ceiling: NDArray[np.float64], real: Measured, impostors: Measured) -> Scale:
    separation = float(real.values.mean() - impostors.values.mean())
    squares = [np.var(one.values, ddof=1) / len(one.values) for one in (real, impostors)]
    return Scale(floor, ceiling, separation, float(np.sqrt(sum(squares))))


def _fit(cells: Mapping[str, Measured], pull: float) -> dict[str, NDArray[np.float64]]:
    """Return mean per bucket for each character: additive fit, then each cell's own mean by its weight."""
    bucket_effect = np.zeros(len(BUCKET_NAMES))
    level: dict[str, float] = {}
    for _ in range(20):  # alternating least squares; the design is near balanced and settles in a few rounds
        level = {name: float(np.mean(one.values - bucket_effect[one.buckets])) for name, one in cells.items()}
        bucket_effect = _bucket_effect(cells, level)
    return {name: _cell_means(one, level[name] + bucket_effect, pull) for name, one in cells.items()}


def _bucket_effect(cells: Mapping[str, Measured], level: Mapping[str, float]) -> NDArray[np.float64]:
    """Return each bucket's mean residual, every character weighing alike; an empty bucket copies its neighbour."""
    effect = np.full(len(BUCKET_NAMES), np.nan)
    for at in range(len(BUCKET_NAMES)):
        means = [
            (one.values[one.buckets == at] - level[name]).mean() for name, one in cells.items() if at in one.buckets
        ]
        effect[at] = np.mean(means) if means else np.nan
    known = np.flatnonzero(~np.isnan(effect))
    nearest = [known[np.argmin(np.abs(known - at))] for at in range(len(effect))]
    return np.asarray(effect[nearest])


def _cell_means(one: Measured, fitted: NDArray[np.float64], pull: float) -> NDArray[np.float64]:
    means = fitted.copy()
    for at in np.unique(one.buckets):
        own = one.values[one.buckets == at]
        weight = len(own) / (len(own) + pull)
        means[at] = weight * own.mean() + (1 - weight) * fitted[at]
    return means
