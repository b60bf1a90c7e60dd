"""The precision dial: how sure must a line be for the kept lines to reach a wanted precision, and what does that cost?

Probabilities are first recalibrated on lines whose answer is known (reviewed, or seeds that were held back): a slope
and an offset on the log-odds, drawn towards "already calibrated". Then, per length bucket, the lowest threshold is
taken at which the kept lines' expected precision reaches the target: expected over all lines, not over the few known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from audiorole.errors import ConfigError
from audiorole.naming.calibration import Probabilities, Right, wilson
from audiorole.naming.lines import NO_SEED, SEED_KINDS, Floats, SeriesLines
from audiorole.naming.voices import NUM_BUCKETS, length_bucket

TRUST = 20.0
"""Known lines that it takes to move the recalibration half way from the shipped calibration to the series' own."""


@dataclass(frozen=True)
class Recalibration:
    """Probability' = sigmoid(slope * log-odds + offset)."""

    slope: float = 1.0
    offset: float = 0.0

    @classmethod
    def fit(cls, probability: Probabilities, right: Right) -> Recalibration:
        """Fit on lines whose answer is known. Source: Platt 1999, with a Gaussian prior around the identity."""
        if len(right) == 0:
            return cls()
        odds, answer = _log_odds(probability), right.astype(float)

        def loss(v: NDArray[np.float64]) -> float:
            score = v[0] * odds + v[1]
            prior = TRUST * ((v[0] - 1) ** 2 + 0.25 * v[1] ** 2)
            return float(np.sum(np.logaddexp(0, score) - answer * score) + prior)

        slope, offset = minimize(loss, [1.0, 0.0], method="Nelder-Mead").x
        return cls(max(float(slope), 0.05), float(offset))

    def __call__(self, probability: Probabilities) -> NDArray[np.float64]:
        """Return the recalibrated probabilities."""
        return np.asarray(expit(self.slope * _log_odds(probability) + self.offset))


def _log_odds(probability: Probabilities) -> NDArray[np.float64]:
    return np.asarray(logit(np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)))


@dataclass(frozen=True)
class DialReport:
    """What the dial keeps. thresholds: per length bucket, on the engine's own probability; above 1 keeps nothing.

    lines, seconds: kept; line_share, time_share: of all. expected_precision: over the kept lines. known: kept lines
    whose answer is known; interval: 95 % interval of their precision, None without any.
    """

    target: float
    thresholds: tuple[float, ...]
    lines: int
    seconds: float
    line_share: float
    time_share: float
    expected_precision: float | None
    known: int
    interval: tuple[float, float] | None


def fit_dial(
    probability: Probabilities,
    duration: Floats,
    target: float,
    known: NDArray[np.integer] | None = None,
    right: Right | None = None,
) -> DialReport:
    """Return thresholds for the wanted precision `target` in (0, 1).

    probability, duration: of all lines. known: indices of lines whose answer is known, a random sample (not the lines a
    reviewer picked for being hard); right: whether the engine had them right.
    Raises `ConfigError` when `target` is no probability, or `known` and `right` differ in length.
    """
    if not 0 < target < 1:
        raise ConfigError(f"A label precision of {target} is not between 0 and 1.")
    sample = np.zeros(0, np.int64) if known is None else known.astype(np.int64)
    answer = np.zeros(0, bool) if right is None else right
    if len(sample) != len(answer):
        raise ConfigError(f"{len(sample)} known lines came with {len(answer)} answers.")
    calibrated = Recalibration.fit(probability[sample], answer)(probability)
    thresholds = _thresholds(probability, calibrated, duration, target)
    kept = keep(probability, duration, thresholds)
    return _report(target, thresholds, kept, calibrated, duration, sample, answer)


def keep(probability: Probabilities, duration: Floats, thresholds: tuple[float, ...]) -> NDArray[np.bool_]:
    """Return which lines reach the threshold of their length bucket."""
    return np.asarray(probability >= np.array(thresholds)[length_bucket(duration)])


def _thresholds(
    probability: Probabilities, calibrated: NDArray[np.float64], duration: Floats, target: float
) -> tuple[float, ...]:
    bucket = length_bucket(duration)
    return tuple(_threshold(probability[bucket == b], calibrated[bucket == b], target) for b in range(NUM_BUCKETS))


def _threshold(probability: Probabilities, calibrated: NDArray[np.float64], target: float) -> float:
    """Return the lowest probability above which the mean calibrated probability is at least `target`."""
    order = np.argsort(-probability, kind="stable")
    mean = np.cumsum(calibrated[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(mean >= target)
    return float(probability[order[enough[-1]]]) if len(enough) else 2.0


def _report(
    target: float,
    thresholds: tuple[float, ...],
    kept: NDArray[np.bool_],
    calibrated: NDArray[np.float64],
    duration: Floats,
    sample: NDArray[np.int64],
    answer: Right,
) -> DialReport:
    checked = kept[sample]
    interval = wilson(float(answer[checked].sum()), float(checked.sum())) if checked.any() else None
    return DialReport(
        target=target,
        thresholds=thresholds,
        lines=int(kept.sum()),
        seconds=float(duration[kept].sum()),
        line_share=float(kept.mean()) if len(kept) else 0.0,
        time_share=float(duration[kept].sum() / max(float(duration.sum()), 1e-9)),
        expected_precision=float(calibrated[kept].mean()) if kept.any() else None,
        known=int(checked.sum()),
        interval=interval,
    )


def hold_back(
    lines: SeriesLines, share: float, seed: int = 0, kinds: Collection[str] | None = None
) -> tuple[SeriesLines, NDArray[np.int64]]:
    """Return the lines with a random `share` of their seeds taken away, and which: naming those tells how right it is.

    kinds: of `SEED_KINDS`, those that may be taken (reviewed lines, not subtitles that err); all by default.
    A candidate's only seed is never taken: without it there would be nothing to be right about.
    """
    column = lines.seeds.copy()
    seeded = np.flatnonzero(column != NO_SEED)
    if kinds is not None and lines.seed_kind is not None:
        seeded = seeded[np.isin(lines.seed_kind[seeded], [SEED_KINDS.index(kind) for kind in kinds])]
    count = {int(c): int(n) for c, n in zip(*np.unique(column[column != NO_SEED], return_counts=True), strict=True)}
    taken = []
    for line in np.random.default_rng(seed).permutation(seeded)[: round(share * len(seeded))]:
        if count[int(column[line])] > 1:
            count[int(column[line])] -= 1
            taken.append(int(line))
    column[taken] = NO_SEED
    return lines.with_seeds(column, lines.seed_reliability), np.array(sorted(taken), np.int64)
