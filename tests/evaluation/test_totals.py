"""Sums over rows: seeds before items, and no more memory for more of them."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.evaluation.metrics.base import Score
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.run.totals import FEW_ITEMS, Totals


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
