"""The precision dial: how sure must a line be for the kept lines to reach a wanted precision, and what does that cost?

Probabilities are first recalibrated on lines whose answer is known (reviewed, or seeds that were held back): a slope
and an offset on the log-odds, drawn towards "already calibrated"; names that were given can only lower them. Then, per
length bucket, the lowest threshold is taken at which the kept lines' expected precision reaches the target: expected
over all lines, not over the few known.
A line of "someone else" has no name that could be right, and is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from audiorole.errors import ConfigError
from audiorole.naming.answers.calibration import Probabilities, Right
from audiorole.naming.answers.checked import NOTHING_CHECKED, Checked
from audiorole.naming.lines import Floats
from audiorole.naming.model import shortness
from audiorole.naming.voices.model import NUM_BUCKETS, length_bucket

TRUST = 5.0
"""Lines' worth of belief in the shipped calibration against the series' own. Chosen on even episodes of amazon_dev."""

CAUTION = 0.4
"""How much flatter log-odds are taken to be in a few minutes than they say, until checked lines tell: guests are many
there or none, and nobody knows. Chosen on even episodes of two series."""


OFFERS = (0.99, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
LEAST_KEPT = 0.1
"""Precisions that are offered where the one asked for keeps hardly a line, and the share of lines that is enough."""


@dataclass(frozen=True)
class Recalibration:
    """Probability' = sigmoid(slope * log-odds + offset)."""

    slope: float = 1.0
    offset: float = 0.0

    @classmethod
    def fit(cls, probability: Probabilities, right: Right, slope: float = 1.0) -> Recalibration:
        """Fit on lines whose answer is known. Source: Platt 1999, with a Gaussian prior around `slope`, no offset."""
        if len(right) == 0:
            return cls(slope)
        odds, answer = _log_odds(probability), right.astype(float)

        def loss(v: NDArray[np.float64]) -> float:
            score = v[0] * odds + v[1]
            prior = TRUST * ((v[0] - slope) ** 2 + 0.25 * v[1] ** 2)
            return float(np.sum(np.logaddexp(0, score) - answer * score) + prior)

        found, offset = minimize(loss, [slope, 0.0], method="Nelder-Mead").x
        return cls(max(float(found), 0.05), float(offset))

    def __call__(self, probability: Probabilities) -> NDArray[np.float64]:
        """Return the recalibrated probabilities."""
        return np.asarray(expit(self.slope * _log_odds(probability) + self.offset))


def _log_odds(probability: Probabilities) -> NDArray[np.float64]:
    return np.asarray(logit(np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)))


@dataclass(frozen=True)
class DialReport:
    """What the dial keeps. thresholds: per length bucket, on the engine's own probability; above 1 keeps nothing.

    lines, seconds: kept; line_share, time_share: of all. expected_precision: over the kept lines. known: kept lines
    whose answer is known; interval: 95 % interval of their precision, None without any. offer: the highest precision of
    `OFFERS` at which a tenth of the lines is kept, 0 where there is none.
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
    offer: float = 0.0

    def as_array(self) -> NDArray[np.float64]:
        """Return the figures as one vector, NaN for None: how a stage keeps them beside its records."""
        none = float("nan")
        expected = none if self.expected_precision is None else self.expected_precision
        figures = (self.target, self.lines, self.seconds, self.line_share, self.time_share, expected, self.known)
        return np.array([*figures, *(self.interval or (none, none)), self.offer, *self.thresholds], np.float64)

    @classmethod
    def from_array(cls, vector: NDArray[np.float64]) -> DialReport:
        """Return the report that `as_array` wrote."""
        target, lines, seconds, share, time, expected, known, low, high, offer, *thresholds = vector.tolist()
        return cls(
            target,
            tuple(thresholds),
            int(lines),
            seconds,
            share,
            time,
            None if np.isnan(expected) else expected,
            int(known),
            None if np.isnan(low) else (low, high),
            offer,
        )


def fit_dial(
    probability: Probabilities,
    duration: Floats,
    target: float,
    checked: Checked | None = None,
    named: NDArray[np.bool_] | None = None,
) -> DialReport:
    """Return thresholds for the wanted precision `target` in (0, 1).

    probability, duration: of all lines. checked: lines whose answer is known, with the probability that they get
    without that knowledge; a fair sample (not the lines a reviewer picked for being hard). named: which lines have a
    name, None for all.
    Raises `ConfigError` when `target` is no probability.
    """
    if not 0 < target < 1:
        raise ConfigError(f"A label precision of {target} is not between 0 and 1.")
    named = np.ones(len(probability), bool) if named is None else named
    sample = NOTHING_CHECKED if checked is None else checked.where(checked.named)
    slope = 1 - CAUTION * shortness(len(probability))
    calibrated = _calibrated(probability, sample, slope)
    return _report(target, _Labels(probability[named], calibrated[named], duration[named]), duration, sample)


def _calibrated(probability: Probabilities, sample: Checked, slope: float) -> NDArray[np.float64]:
    """Return the corrected probabilities: lines drawn at random may raise them, names that were given may not.

    Nobody gives names to those who are never named; a series full of guests looks better there than it is.
    """
    corrected = Recalibration.fit(sample.probability, sample.right, slope)(probability)
    random = len(sample.of_kind("random").line) == len(sample.line) > 0
    return corrected if random or not len(sample.line) else np.minimum(corrected, probability)


@dataclass(frozen=True)
class _Labels:
    """The lines that have names. calibrated: their corrected probabilities; duration: seconds."""

    probability: Probabilities
    calibrated: NDArray[np.float64]
    duration: Floats

    def thresholds(self, target: float) -> tuple[float, ...]:
        """Return the least probability of each length bucket."""
        bucket = length_bucket(self.duration)
        return tuple(
            _threshold(self.probability[bucket == b], self.calibrated[bucket == b], target) for b in range(NUM_BUCKETS)
        )


def keep(probability: Probabilities, duration: Floats, thresholds: tuple[float, ...]) -> NDArray[np.bool_]:
    """Return which lines reach the threshold of their length bucket."""
    return np.asarray(probability >= np.array(thresholds)[length_bucket(duration)])


def _threshold(probability: Probabilities, calibrated: NDArray[np.float64], target: float) -> float:
    """Return the lowest probability above which the mean calibrated probability is at least `target`."""
    order = np.argsort(-probability, kind="stable")
    mean = np.cumsum(calibrated[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(mean >= target)
    return float(probability[order[enough[-1]]]) if len(enough) else 2.0


def _report(target: float, labels: _Labels, duration: Floats, sample: Checked) -> DialReport:
    """Return what is kept. duration: of all lines, named or not. sample: known lines with names."""
    thresholds = labels.thresholds(target)
    kept = keep(labels.probability, labels.duration, thresholds)
    known = sample.where(keep(sample.probability, duration[sample.line], thresholds))
    accuracy = known.accuracy()
    return DialReport(
        target=target,
        thresholds=thresholds,
        lines=int(kept.sum()),
        seconds=float(labels.duration[kept].sum()),
        line_share=float(kept.sum() / max(len(duration), 1)),
        time_share=float(labels.duration[kept].sum() / max(float(duration.sum()), 1e-9)),
        expected_precision=float(labels.calibrated[kept].mean()) if kept.any() else None,
        known=len(known.line),
        interval=accuracy[1:] if accuracy else None,
        offer=_offer(labels, len(duration)),
    )


def _offer(labels: _Labels, num_lines: int) -> float:
    """Return the highest of `OFFERS` at which `LEAST_KEPT` of the lines are kept."""
    for target in OFFERS:
        kept = keep(labels.probability, labels.duration, labels.thresholds(target))
        if num_lines and kept.sum() >= LEAST_KEPT * num_lines:
            return target
    return 0.0
