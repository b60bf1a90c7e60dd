"""The test suite of the benchmark itself: known systems in the known order, each fake caught by its gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from audiorole.evaluation.metrics.base import Metric
from audiorole.evaluation.results.totals import FEW_ITEMS, RowTotals
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.types import Record

LEAST_CAUGHT = 0.8
"""A gate that catches fewer of its fakes is broken. The aim is 0.95; the rest is room for a hard dataset."""

MOST_FALSE = 0.1
"""A run that gates more of the real other lines measures its gates. The aim is 0.02."""

BROKEN = ("silence", "noise", "reversed", "looped", "prompt_copy")
"""Anchors that no metric may put above the gold line once the floors are applied."""

UNDECIDED, UNMEASURED = ": not decided by so few items", ": not measurable"
"""How the sentence of a check ends that says neither that the benchmark is right nor that it is wrong."""


class Check(Record, frozen=True):
    """One thing that must hold. what: a sentence; figures: the two values it rests on."""

    subject: str
    what: str
    passed: bool
    better: float | None = None
    worse: float | None = None

    @property
    def undecided(self) -> bool:
        """Whether the order is wrong, but within the noise of few items."""
        return self.what.endswith(UNDECIDED)

    @property
    def unmeasured(self) -> bool:
        """Whether the metric says nothing of one of the anchors, which is no evidence against it."""
        return self.what.endswith(UNMEASURED)


def check_run(told: Mapping[str, RowTotals], metrics: Mapping[str, Metric], off: Collection[str] = ()) -> list[Check]:
    """Return the checks of a run over the anchors in it. off: gates that no model serves, of which none is asked."""
    orders = [check for name, metric in metrics.items() for check in _orders(name, metric, told)]
    floors = [check for name, metric in metrics.items() for check in _floors(name, metric, told, off)]
    return [*orders, *floors, *_gates(told, off)]


def _orders(name: str, metric: Metric, told: Mapping[str, RowTotals]) -> list[Check]:
    """Return whether the metric itself, before any floor, orders the anchors its card names."""
    pairs = [pair for pair in metric.card.known if set(pair) <= set(told)]
    return [_ordered(name, metric, pair, told, "raw") for pair in pairs]


def _floors(name: str, metric: Metric, told: Mapping[str, RowTotals], off: Collection[str]) -> list[Check]:
    """Return whether the gold line's headline is above every broken anchor's that a gate can floor."""
    floored = [worse for worse in BROKEN if ANCHORS[worse].gate not in off]
    pairs = [("gold", worse) for worse in floored if worse in told and "gold" in told]
    return [_ordered(name, metric, pair, told, "headline") for pair in pairs]


def _ordered(name: str, metric: Metric, pair: tuple[str, str], told: Mapping[str, RowTotals], view: str) -> Check:
    """Return whether the first of two anchors is better, by macro means over the characters that both have."""
    sign = ">" if metric.card.higher_is_better else "<"
    what = f"{pair[0]} {sign} {pair[1]}"
    high, low = _means(name, pair, told, view)
    if high is None or low is None:
        # Silence has no voice and noise no words: an anchor a metric cannot hear is no evidence against it.
        return Check(name, f"{what}{UNMEASURED}", True, high, low)
    if high > low if metric.card.higher_is_better else high < low:
        return Check(name, what, True, high, low)
    if _undecided(name, metric, pair, told, view):
        return Check(name, f"{what}{UNDECIDED}", True, high, low)
    return Check(name, what, False, high, low)


def _means(
    name: str, pair: tuple[str, str], told: Mapping[str, RowTotals], view: str
) -> tuple[float | None, float | None]:
    first, second = (told[anchor].means[name, view] for anchor in pair)
    shared = sorted(set(first) & set(second))
    if not shared:
        return None, None
    high, low = (round(sum(one[c] for c in shared) / len(shared), 6) for one in (first, second))
    return high, low


def _undecided(name: str, metric: Metric, pair: tuple[str, str], told: Mapping[str, RowTotals], view: str) -> bool:
    """Return whether a wrong order lies within the noise of a small run.

    Two standard errors of the paired difference over items, for fewer than `FEW_ITEMS` of them. A metric that says the
    same of everybody has no noise and is never excused; with more items none is.
    """
    first, second = (told[anchor].items[name, view] for anchor in pair)
    better = 1.0 if metric.card.higher_is_better else -1.0
    differences = np.array([better * (first[key] - second[key]) for key in sorted(set(first) & set(second))])
    if not 2 <= len(differences) < FEW_ITEMS:
        return False
    error = float(differences.std(ddof=1)) / np.sqrt(len(differences))
    return bool(error > 0 and differences.mean() > -2 * error)


def _gates(told: Mapping[str, RowTotals], off: Collection[str]) -> list[Check]:
    found = []
    for name, anchor in ANCHORS.items():
        if name in told and anchor.gate and anchor.gate not in off:
            rate = told[name].gates.get(anchor.gate, 0) / max(1, told[name].rows)
            found.append(Check(f"gate {anchor.gate}", f"catches {name}", rate >= LEAST_CAUGHT, rate, LEAST_CAUGHT))
    if "other_line" in told:
        line = told["other_line"]
        rate = 1 - line.statuses.get("ok", 0) / max(1, line.rows)
        found.append(Check("gates", "let real other lines through", rate <= MOST_FALSE, MOST_FALSE, rate))
    return found
