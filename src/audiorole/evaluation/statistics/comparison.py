"""Two systems on the same items: paired per character, exact sign-flip, Holm over the pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from scipy import stats

from audiorole.evaluation.statistics.intervals import Interval, mean_interval
from audiorole.evaluation.statistics.power import minimum_detectable_difference, smallest_p
from audiorole.types import Record

EXACT_UP_TO = 16
"""Characters up to which all 2^n sign patterns are listed; above, 2^16 are drawn at random (scipy)."""


class Comparison(Record, frozen=True):
    """System `first` against system `second` on one metric, paired per character.

    effect: mean difference over characters, positive where `first` is better (signs follow the metric's direction).
    p: two-sided sign-flip; p_holm: after Holm over all pairs printed together; detectable: smallest difference
    found with 80 % power; smallest_p: what no outcome can go below with so few characters.
    """

    metric: str
    first: str
    second: str
    effect: float
    interval: Interval
    wins: int
    ties: int
    losses: int
    p: float
    p_holm: float
    smallest_p: float
    detectable: float | None


def sign_flip(differences: Sequence[float], seed: int = 0) -> float:
    """Return the two-sided p of a mean difference of zero when every sign was equally likely.

    Exact up to `EXACT_UP_TO` differences. Source: Fisher 1935, ch. III; scipy.stats.permutation_test.
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2 or not np.any(values):
        return 1.0
    found = stats.permutation_test(
        (values,),
        lambda sample, axis: np.mean(sample, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**EXACT_UP_TO,
        batch=4096,
        alternative="two-sided",
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p values, in the order given.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def compare_paired(
    metric: str, values: Mapping[str, Mapping[str, float]], higher_is_better: bool = True
) -> list[Comparison]:
    """Return every pair of systems, compared over the characters that both have.

    values: system → character → value. Holm runs over the pairs of this call.
    """
    names = sorted(values)
    pairs = [(first, second) for at, first in enumerate(names) for second in names[at + 1 :]]
    found = [_compare(metric, first, second, values, 1.0 if higher_is_better else -1.0) for first, second in pairs]
    adjusted = holm([comparison.p for comparison in found])
    return [msgspec.structs.replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]


def _compare(
    metric: str, first: str, second: str, values: Mapping[str, Mapping[str, float]], sign: float
) -> Comparison:
    shared = sorted(set(values[first]) & set(values[second]))
    differences = [sign * (values[first][name] - values[second][name]) for name in shared]
    wins, losses = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    p = sign_flip(differences)
    return Comparison(
        metric=metric,
        first=first,
        second=second,
        effect=float(np.mean(differences)) if differences else 0.0,
        interval=mean_interval(differences, "new characters"),
        wins=wins,
        ties=len(differences) - wins - losses,
        losses=losses,
        p=p,
        p_holm=p,
        smallest_p=smallest_p(len(differences)),
        detectable=minimum_detectable_difference(differences),
    )
