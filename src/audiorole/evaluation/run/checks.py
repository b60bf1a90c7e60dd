"""The test suite of the benchmark itself: known systems in the known order, each fake caught by its gate."""

from __future__ import annotations

from collections.abc import Mapping

from audiorole.evaluation.metrics.base import Metric
from audiorole.evaluation.run.totals import Totals
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.types import Record

LEAST_CAUGHT = 0.8
"""A gate that catches fewer of its fakes is broken. The aim is 0.95; the rest is room for a hard dataset."""

MOST_FALSE = 0.1
"""A run that gates more of the real other lines measures its gates. The aim is 0.02."""

BROKEN = ("silence", "noise", "reversed", "looped", "prompt_copy")
"""Anchors that no metric may put above the gold line once the floors are applied."""


class Check(Record, frozen=True):
    """One thing that must hold. what: a sentence; figures: the two values it rests on."""

    subject: str
    what: str
    passed: bool
    better: float | None = None
    worse: float | None = None


def check_run(totals: Mapping[str, Totals], metrics: Mapping[str, Metric]) -> list[Check]:
    """Return the checks of a run over the anchors in it."""
    orders = [check for name, metric in metrics.items() for check in _orders(name, metric, totals)]
    floors = [check for name, metric in metrics.items() for check in _floors(name, metric, totals)]
    return [*orders, *floors, *_gates(totals)]


def _orders(name: str, metric: Metric, totals: Mapping[str, Totals]) -> list[Check]:
    """Return whether the metric itself, before any floor, orders the anchors its card names."""
    pairs = [pair for pair in metric.card.known if set(pair) <= set(totals)]
    return [_ordered(name, metric, *pair, _view(totals, name, "raw", pair)) for pair in pairs]


def _floors(name: str, metric: Metric, totals: Mapping[str, Totals]) -> list[Check]:
    """Return whether the gold line's headline is above every broken anchor's."""
    pairs = [("gold", worse) for worse in BROKEN if worse in totals and "gold" in totals]
    return [_ordered(name, metric, *pair, _view(totals, name, "headline", pair)) for pair in pairs]


Values = tuple[float | None, float | None]


def _view(totals: Mapping[str, Totals], name: str, view: str, pair: tuple[str, str]) -> Values:
    """Return both anchors' macro means over the characters that both have a value for."""
    first, second = ({s.character: s.mean for s in totals[anchor].samples(name, view)} for anchor in pair)
    shared = sorted(set(first) & set(second))
    if not shared:
        return None, None
    return tuple(round(sum(one[c] for c in shared) / len(shared), 6) for one in (first, second))  # type: ignore[return-value]


def _ordered(name: str, metric: Metric, better: str, worse: str, values: Values) -> Check:
    high, low = values
    sign = ">" if metric.card.higher_is_better else "<"
    if high is None or low is None:
        # Silence has no voice and noise no words: an anchor a metric cannot hear is no evidence against it.
        return Check(name, f"{better} {sign} {worse}: not measurable", True, high, low)
    passed = high > low if metric.card.higher_is_better else high < low
    return Check(name, f"{better} {sign} {worse}", passed, high, low)


def _gates(totals: Mapping[str, Totals]) -> list[Check]:
    found = []
    for name, anchor in ANCHORS.items():
        if name in totals and anchor.gate:
            rate = totals[name].gates[anchor.gate] / max(1, totals[name].rows)
            found.append(Check(f"gate {anchor.gate}", f"catches {name}", rate >= LEAST_CAUGHT, rate, LEAST_CAUGHT))
    if "other_line" in totals:
        line = totals["other_line"]
        rate = 1 - line.statuses["ok"] / max(1, line.rows)
        found.append(Check("gates", "let real other lines through", rate <= MOST_FALSE, MOST_FALSE, rate))
    return found
