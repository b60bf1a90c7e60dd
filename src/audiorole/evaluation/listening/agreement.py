"""Krippendorff's alpha: do listeners agree beyond chance? 1 perfect, 0 chance. Any number of them, any gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

LEVELS = ("nominal", "interval")


def krippendorff_alpha(units: Mapping[str, Sequence[float]], level: str = "interval") -> float | None:
    """Return alpha over `units` (what was judged → the values it got); None where no unit has two values.

    level: `nominal` (equal or not) or `interval` (squared difference). Source: Krippendorff 2011, Computing
    Krippendorff's Alpha-Reliability, sec. C and D.
    """
    if level not in LEVELS:
        raise ValueError(f"level {level!r} is none of {LEVELS}.")
    judged = [np.asarray(values, dtype=np.float64) for values in units.values() if len(values) > 1]
    if not judged:
        return None
    pooled = np.concatenate(judged)
    observed = sum(_disagreement(values, level) / (len(values) - 1) for values in judged) / len(pooled)
    expected = _disagreement(pooled, level) / (len(pooled) * (len(pooled) - 1))
    return float(1 - observed / expected) if expected > 0 else None


def _disagreement(values: np.ndarray, level: str) -> float:
    """Return the sum of differences over ordered pairs."""
    if level == "nominal":
        _, counts = np.unique(values, return_counts=True)
        return float(len(values) ** 2 - np.sum(counts.astype(np.float64) ** 2))
    return float(2 * len(values) * np.sum((values - values.mean()) ** 2))
