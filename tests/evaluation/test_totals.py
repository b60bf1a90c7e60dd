"""Sums over rows: seeds before items, and no more memory for more of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Score
from audiorole.evaluation.results.totals import FEW_ITEMS, Totals
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.records import Row


def rows(count: int, seeds: int = 2) -> list[Row]:
    rng = np.random.default_rng(count)
    return [
        Row(
            f"e{at // 40}/u{at:05d}", seed, "Ada", f"e{at // 40}", "ok", scores={"ap": Score(value=float(rng.random()))}
        )
        for at in range(count)
        for seed in range(seeds)
    ]


def totals(evaluation: Evaluation, found: list[Row]) -> Totals:
    return Totals({"ap": evaluation.metrics["ap"]}).add(found)


def test_an_item_with_a_failed_seed_weighs_one_item(evaluation: Evaluation) -> None:
    good, bad = rows(2, seeds=1)
    gated = Row(bad.item, 1, "Ada", "e0", "gated:looped", scores=bad.scores)
    value = totals(evaluation, [good, bad, gated]).result("ap").value
    assert good.scores["ap"].value is not None
    assert bad.scores["ap"].value is not None
    assert value == pytest.approx((good.scores["ap"].value + bad.scores["ap"].value / 2) / 2, abs=1e-6)


def test_means_do_not_depend_on_how_rows_arrive(evaluation: Evaluation) -> None:
    found = rows(150)
    whole, parts = totals(evaluation, found), Totals({"ap": evaluation.metrics["ap"]})
    for at in range(0, len(found), 7):  # cuts items in the middle
        parts.add(found[at : at + 7])
    assert whole.result("ap") == parts.result("ap")
    values = [row.scores["ap"].value for row in found]
    assert whole.result("ap").value == pytest.approx(
        np.mean([value for value in values if value is not None]), abs=1e-6
    )


def test_items_are_kept_one_by_one_only_while_they_are_few(evaluation: Evaluation) -> None:
    assert len(totals(evaluation, rows(FEW_ITEMS - 1)).items("ap", "raw")) == FEW_ITEMS - 1
    assert totals(evaluation, rows(FEW_ITEMS)).items("ap", "raw") == {}


class Median(MeanMetric):
    """A metric that is no mean of rows."""

    card: ClassVar = MetricCard("median", "", 0.0, 1.0, True, 0.0, (), ())

    def aggregate(self, scores: Sequence[Score]) -> float:
        return float(np.median([score.value for score in scores if score.value is not None]))


def scored(count: int, status: str = "ok") -> list[Row]:
    rng = np.random.default_rng(count)
    values = [Score(value=float(value), components={"half": float(value) / 2}) for value in rng.random(count)]
    return [
        Row(f"e{at % 3}/u{at:05d}", 0, ("Ada", "Bea")[at % 2], f"e{at % 3}", status, scores={"median": score})
        for at, score in enumerate(values)
    ]


def test_scores_of_a_metric_that_is_no_mean_come_back_as_they_were(evaluation: Evaluation) -> None:
    seen: list[Score] = []

    class Spy(Median):
        def aggregate(self, scores: Sequence[Score]) -> float:
            seen.extend(scores)
            return super().aggregate(scores)

    found = scored(60)
    told = Totals({"median": Spy(evaluation.gallery, evaluation.listener)}).add(found).means("median", "raw")
    for name in ("Ada", "Bea"):
        own = [row.scores["median"] for row in found if row.character == name]
        assert told[name] == pytest.approx(np.median([one.value for one in own if one.value is not None]))
        assert all(one in seen for one in own)
    assert len(seen) == len(found)


def test_a_floored_row_of_such_a_metric_counts_in_the_headline_alone(evaluation: Evaluation) -> None:
    totals = Totals({"median": Median(evaluation.gallery, evaluation.listener)})
    totals.add([*scored(30), *scored(40, "gated:looped")])
    assert totals.means("median", "headline") == {"Ada": 0.0, "Bea": 0.0}
    assert totals.means("median", "ok_only") == Totals(totals.metrics).add(scored(30)).means("median", "ok_only")
    assert totals.result("median").these.low is not None


@pytest.mark.parametrize("kind", ["ap", "median"])
def test_a_row_costs_some_bytes_and_not_some_hundreds(evaluation: Evaluation, kind: str) -> None:
    metric = evaluation.metrics["ap"] if kind == "ap" else Median(evaluation.gallery, evaluation.listener)
    found = [
        Row(row.item, 0, row.character, row.episode, "ok", scores={kind: row.scores["median"]}) for row in scored(9000)
    ]
    totals = Totals({kind: metric}).add(found[:1000])
    tracemalloc.start()
    totals.add(found[1000:])
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 8000 * (60 if kind == "median" else 1)
