"""The bundled series with the real models: what `audiorole build` makes of it, against its exact truth."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audiorole.dataset.build import BuildOptions, BuildResult, build, make_plan
from audiorole.errors import AudioroleError
from audiorole.models import parse_reference, registry
from audiorole.pipeline.store import read_records
from audiorole.report.dataset import write_report
from audiorole.runners.local import local_runner
from audiorole.types import Dropped

EXAMPLES = Path(__file__).parents[2] / "examples"
Row = dict[str, Any]

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build the sample series as a newcomer does."""
    options = BuildOptions(EXAMPLES / "series", tmp_path_factory.mktemp("sample") / "out")
    _skip_without_weights(options)
    return build(options, local_runner(2))


def _skip_without_weights(options: BuildOptions) -> None:
    for stage in make_plan(options, options.target).stages:
        for kind, reference in stage.models():
            name, location = parse_reference(reference)
            ask = getattr(registry(kind).load(name), "weight_paths", lambda _: ())
            try:
                ask(location)
            except AudioroleError as error:
                pytest.skip(f"weights are not pulled: {error}")


@pytest.fixture(scope="module")
def rows(result: BuildResult) -> list[Row]:
    paths = sorted((result.plan.home / "dataset").rglob("*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def truth() -> dict[str, list[Row]]:
    told = (json.loads(path.read_text(encoding="utf-8")) for path in sorted((EXAMPLES / "truth").glob("*.json")))
    return {f"lost-property/{episode['episode']}": episode["lines"] for episode in told}


def _iou(row: Row, line: Row) -> float:
    common = min(row["end"], line["end"]) - max(row["start"], line["start"])
    return common / (max(row["end"], line["end"]) - min(row["start"], line["start"]))


def _matched(rows: list[Row], truth: dict[str, list[Row]]) -> list[tuple[Row, Row]]:
    best = [(row, max(truth[row["episode"]], key=lambda line, row=row: _iou(row, line))) for row in rows]
    return [(row, line) for row, line in best if _iou(row, line) >= 0.5]


def test_all_three_episodes_are_built_and_nothing_is_quarantined(result):
    assert (len(result.scan.sources), result.exit_code) == (3, 0)


def test_lines_are_where_somebody_speaks(rows, truth):
    assert len(_matched(rows, truth)) >= 0.9 * len(rows)
    found = {line["id"] for _, line in _matched(rows, truth)}
    assert len(found) >= 0.85 * sum(len(lines) for lines in truth.values())


def test_most_lines_have_their_character(rows, truth):
    right = [row["character"] == line["character"] for row, line in _matched(rows, truth)]
    assert sum(right) >= 0.85 * len(right)


def test_what_is_not_in_the_dataset_was_dropped_with_a_reason(result, rows):
    line, reasons = result.plan, Counter()
    created = {
        json.loads(text)["id"]
        for source in result.scan.sources
        for text in line.folder("segment").records(source.id).read_bytes().splitlines()
    }
    for stage in line.stages[line.stages.index(line.named("segment")) + 1 :]:
        for source in result.scan.sources:
            for drop in read_records(line.folder(stage.name).dropped(source.id), Dropped):
                created.remove(drop.id)
                reasons[drop.reason] += 1
    assert created == {row["id"] for row in rows}
    assert all(reasons)


def test_the_recap_of_the_second_episode_is_heard_before(result):
    dropped = read_records(result.plan.folder("curate").dropped("lost-property/s01e02"), Dropped)
    assert any(drop.reason == "heard_before" for drop in dropped)


def test_the_report_is_one_file_that_asks_for_nothing_else(result):
    page = write_report(result.plan.home).read_text(encoding="utf-8")
    assert "Marigold" in page
    assert 'src="http' not in page
    assert '<link rel="stylesheet"' not in page
