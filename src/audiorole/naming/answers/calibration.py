"""Is a probability what it says? Calibration error, reliability, precision against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Probabilities = NDArray[np.floating]
Right = NDArray[np.bool_]


@dataclass(frozen=True)
class ReliabilityBin:
    """Lines whose probability lies in one bin: how many, the mean probability, and the share that is right."""

    count: int
    probability: float
    accuracy: float


def reliability(probability: Probabilities, right: Right, bins: int = 15) -> list[ReliabilityBin]:
    """Return the non-empty bins of equal width over [0, 1]. Source: Guo et al. 2017, sec. 2 (15 bins)."""
    place = np.clip((probability * bins).astype(int), 0, bins - 1)
    table = []
    for b in np.unique(place):
        here = place == b
        table.append(ReliabilityBin(int(here.sum()), float(probability[here].mean()), float(right[here].mean())))
    return table


def calibration_error(probability: Probabilities, right: Right, bins: int = 15) -> float:
    """Return the expected calibration error in [0, 1]: the mean gap between probability and accuracy over bins."""
    table = reliability(probability, right, bins)
    total = sum(b.count for b in table)
    return sum(b.count * abs(b.probability - b.accuracy) for b in table) / max(total, 1)


@dataclass(frozen=True)
class OperatingPoint:
    """What is kept at a threshold: precision of the kept lines, and their share of all (coverage)."""

    threshold: float
    precision: float | None
    coverage: float


def operating_points(
    probability: Probabilities, right: Right, thresholds: Sequence[float] = (0.9, 0.95, 0.98, 0.99)
) -> list[OperatingPoint]:
    """Return precision and coverage when lines at or above each threshold are kept; precision None where none is."""
    points = []
    for threshold in thresholds:
        kept = probability >= threshold
        precision = float(right[kept].mean()) if kept.any() else None
        points.append(OperatingPoint(threshold, precision, float(kept.mean()) if len(kept) else 0.0))
    return points


def wilson(successes: float, trials: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a share; (0, 1) without trials. Source: Wilson 1927.

    >>> low, high = wilson(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    if trials <= 0:
        return 0.0, 1.0
    z = float(ndtri(0.5 + confidence / 2))
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * float(np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
