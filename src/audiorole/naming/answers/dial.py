"""The precision dial: how sure must a line be for the kept lines to reach a wanted precision, and what does that cost?

Probabilities are first recalibrated on lines whose answer is known (reviewed, or seeds that were held back): a slope
and an offset on the log-odds, drawn towards "already calibrated". Then, per length bucket, the lowest threshold is
taken at which the kept lines' expected precision reaches the target: expected over all lines, not over the few known.
A line of "someone else" has no name that could be right, and is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from audiorole.errors import ConfigError
from audiorole.naming.answers.calibration import Probabilities, Right, wilson
from audiorole.naming.engine import NamedLines
from audiorole.naming.lines import NO_SEED, SEED_KINDS, SOMEONE_ELSE, Floats, Ints, SeriesLines
from audiorole.naming.model import shortness
from audiorole.naming.voices.model import NUM_BUCKETS, length_bucket

TRUST = 5.0
"""Lines' worth of belief in the shipped calibration against the series' own. Chosen on even episodes of amazon_dev."""

CAUTION = 0.25
"""How much flatter log-odds are taken to be in a few minutes than they say, until checked lines tell: guests are many
there or none, and nobody knows. Chosen on even episodes of two series."""

LEAST_RANDOM = 30
"""Reviewed random lines from which on they alone set the dial: they are a fair sample, seeds are not quite."""


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
class Checked:
    """Lines whose seed was held back while they were named, and what came of it: columns of equal length.

    line: index of the line. probability: of the name they got without their seed. right: whether it is the seed's;
    "someone else" is right for a character of whom no other seed was left. kind: of the seed, index into `SEED_KINDS`.
    run: number of the run of lines of one character that were held back together. named: whether they got a name, not
    "someone else".
    """

    line: NDArray[np.int64]
    probability: Floats
    right: NDArray[np.bool_]
    kind: Ints
    run: NDArray[np.int64]
    named: NDArray[np.bool_]

    def of_kind(self, kind: str) -> Checked:
        """Return the lines with seeds of one kind."""
        return self.where(self.kind == SEED_KINDS.index(kind))

    def fair(self) -> Checked:
        """Return the random reviewed lines where there are enough of them, else all."""
        random = self.of_kind("random")
        return random if len(random.line) >= LEAST_RANDOM else self

    def accuracy(self) -> tuple[float, float, float] | None:
        """Return the share that is right with its 95 % interval, None without any.

        The interval is Wilson's for as many lines as would vary like these runs: lines of a run are right or wrong
        together (design effect: Kish 1965).
        """
        if not len(self.line):
            return None
        share = float(self.right.mean())
        count = independent(self.right, self.run)
        return share, *wilson(share * count, count)

    def where(self, mask: NDArray[np.bool_]) -> Checked:
        """Return some of the lines."""
        return Checked(*(getattr(self, name)[mask] for name in COLUMNS))


COLUMNS = ("line", "probability", "right", "kind", "run", "named")
"""The columns of `Checked`, in its order."""

_TYPES = (np.int64, np.float32, np.bool_, np.int32, np.int64, np.bool_)
NOTHING_CHECKED = Checked(*(np.zeros(0, kind) for kind in _TYPES))  # type: ignore[arg-type]


def independent(right: Right, run: NDArray[np.integer]) -> float:
    """Return how many independent lines would tell their share as well as these do, at least one per run.

    >>> independent(np.array([True, True, False, False]), np.array([0, 0, 1, 1]))
    2.0
    """
    share, runs = float(right.mean()), np.unique(run, return_inverse=True)[1]
    if share in (0.0, 1.0):
        return float(runs.max() + 1)
    spread = float((np.bincount(runs, right - share) ** 2).sum())
    return float(np.clip(len(right) ** 2 * share * (1 - share) / max(spread, 1e-9), runs.max() + 1, len(right)))


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
    calibrated = Recalibration.fit(sample.probability, sample.right, slope)(probability)
    return _report(target, _Labels(probability[named], calibrated[named], duration[named]), duration, sample)


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


def joined(parts: Sequence[Checked]) -> Checked:
    """Return the lines of all parts."""
    columns = ([getattr(part, name) for part in parts] for name in COLUMNS)
    return Checked(*(np.concatenate(column) for column in columns)) if parts else NOTHING_CHECKED


Namer = Callable[[SeriesLines], NamedLines]

MOST_CHECKED = 2000
"""Seeds that are held back at most: so many tell a precision of 0.95 to one point."""

ENOUGH_CHECKED = 400
"""Held-back seeds after which no further part is held back: in long series one more pass of naming is enough."""

RUN_SECONDS = 15.0
"""Seeds of one character that follow one another closer than this are held back together: they are as good as one."""


def check_names(lines: SeriesLines, namer: Namer, folds: int = 5, seed: int = 0) -> Checked:
    """Name the series again without a part of the seeds, and see how those lines come out.

    Up to `folds` parts, one after another, until `ENOUGH_CHECKED` lines are known.

    All seeds take part, also a character's only one: that is how often a voice turns up that nobody has named.
    """
    seeded = np.flatnonzero(lines.seeds != NO_SEED)
    run = _runs(lines, seeded)
    order = np.random.default_rng(seed).permutation(run.max(initial=-1) + 1)
    share = min(1.0, MOST_CHECKED / max(len(seeded), 1))
    fold = (order % max(2, folds))[run]
    used = order[run] < share * len(order)
    kinds = lines.seed_kind if lines.seed_kind is not None else np.zeros(len(lines), np.int32)
    parts = []
    for number in range(max(2, folds)):
        taken = seeded[(fold == number) & used]
        if 0 < len(taken) < len(seeded):
            probability, right, named = _without(lines, taken, namer)
            parts.append((taken, probability, right, kinds[taken], run[np.isin(seeded, taken)], named))
        if sum(len(part[0]) for part in parts) >= ENOUGH_CHECKED:
            break
    if not parts:
        return NOTHING_CHECKED
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    place = np.argsort(columns[0], kind="stable")
    return Checked(*(column[place] for column in columns))


def _runs(lines: SeriesLines, seeded: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the run that each seed belongs to."""
    if not len(seeded):
        return np.zeros(0, np.int64)
    same = (np.diff(lines.seeds[seeded]) == 0) & (np.diff(lines.episode[seeded]) == 0)
    same &= lines.start[seeded][1:] - lines.end[seeded][:-1] < RUN_SECONDS
    return np.concatenate([[0], np.cumsum(~same)]).astype(np.int64)


def _without(
    lines: SeriesLines, taken: NDArray[np.int64], namer: Namer
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Name the lines without the seeds `taken`; return their probability, rightness, and whether they got a name."""
    column = lines.seeds.copy()
    column[taken] = NO_SEED
    named = namer(lines.with_seeds(column, lines.seed_reliability))
    truth, answer = lines.seeds[taken], named.character[taken]
    unknown = (truth == SOMEONE_ELSE) | ~np.isin(truth, column)
    return named.probability[taken], np.where(answer == -1, unknown, answer == truth), answer >= 0
