"""What a user takes away: table, summary, card, estimate; they add up and say where things came from."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audiorole.dataset.build import BuildOptions
from audiorole.dataset.estimate import estimate
from audiorole.dataset.result.card import data_card
from audiorole.dataset.result.plots import CHARACTERS, plots
from audiorole.dataset.result.summary import as_json, read_summary
from audiorole.dataset.stages.signals.quality import RateQuality
from audiorole.published.hub_head import TableFacts
from audiorole.published.schema import FIELDS, row, schema
from audiorole.testing.desk import line
from audiorole.testing.series import LINES, tables, tiny_build, write_series


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture
def built(folder):
    """Build once; later calls find it done."""
    if not (folder / "in").exists():
        write_series(folder / "in")
        (folder / "in" / "Show.S01E03.mkv").write_bytes(b"no film")
    return tiny_build(folder / "in", folder / "out", "curate.min_duration=1.1")


def rows(folder: Path) -> list[dict]:
    return [
        x for path in sorted((folder / "out" / "dataset").rglob("*.parquet")) for x in pq.read_table(path).to_pylist()
    ]


def test_a_row_fills_every_column_of_a_bare_line():
    assert set(row(line(1, 0, 1), b"", "flac", "")) == {name for name, _ in FIELDS}


def test_the_audio_of_a_row_is_a_file_as_long_as_its_line(folder, built):
    for found in rows(folder):
        samples, rate = soundfile.read(io.BytesIO(found["audio"]["bytes"]))
        assert rate == 16000
        assert len(samples) / rate == pytest.approx(found["duration"], abs=0.002)
        assert abs(samples).max() > 0.1


def test_the_schema_tells_hugging_face_that_audio_is_audio():
    told = json.loads(schema(16000).metadata[b"huggingface"])["info"]["features"]
    assert (told["audio"]["_type"], told["audio"]["sampling_rate"]) == ("Audio", 16000)
    assert list(told) == [name for name, _ in FIELDS]


def test_datasets_opens_it_without_code_of_ours(folder, built):
    datasets = pytest.importorskip("datasets", reason="needs Hugging Face datasets")
    found = datasets.Dataset.from_parquet(str(next((folder / "out" / "dataset" / "train").glob("*.parquet"))))
    assert isinstance(found.features["audio"], datasets.Audio)
    assert set(found["text"]) <= {text for *_, text in LINES}


def test_the_summary_adds_up_with_the_dataset(folder, built):
    summary = read_summary((folder / "out" / "summary.json").read_bytes())
    found = rows(folder)
    assert summary.lines == built.num_lines == len(found)
    assert sum(count.lines for count in summary.characters) == summary.lines
    assert sum(summary.splits.values()) == sum(summary.tiers.values()) == summary.lines
    assert sum(x["duration"] for x in found) / 3600 == pytest.approx(summary.speech_hours, abs=1e-4)
    for histogram in summary.histograms.values():
        assert sum(histogram.counts) + histogram.missing == summary.lines
    assert summary.histograms["probability"].median == pytest.approx(
        np.median([x["probability"] for x in found]), abs=1e-4
    )
    for step in summary.waterfall:
        assert step.entered + step.created == step.kept + sum(step.dropped.values())
        assert step.created >= 0
    assert [note.id for note in summary.quarantined] == ["show/s01e03"]


def test_lines_of_an_episode_that_fails_midway_are_counted_as_quarantined(tmp_path, monkeypatch):
    write_series(tmp_path / "in")
    with monkeypatch.context() as broken:
        broken.setattr(RateQuality, "run", _failing)
        result = tiny_build(tmp_path / "in", tmp_path / "out")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    steps = {step.stage: step for step in summary.waterfall}
    assert (result.exit_code, summary.lines) == (1, 6)
    assert (steps["quality"].entered, steps["quality"].kept, steps["quality"].dropped) == (12, 6, {"quarantined": 6})
    assert all(step.created == 0 for step in summary.waterfall[1:])


def _failing(self, records, context):
    if context.shard == "show/s01e02":
        raise MemoryError("too much")
    yield from records


def test_a_summary_survives_its_file(folder, built):
    data = (folder / "out" / "summary.json").read_bytes()
    assert as_json(read_summary(data)) == data


def test_the_card_names_drops_quarantine_and_models(folder, built):
    card = (folder / "out" / "dataset" / "README.md").read_text()
    assert "too_short" in card
    assert "quarantined: show/s01e03 at probe" in card
    assert "Models and their licences" in card
    assert "path: train/*.parquet" in card
    for name in re.findall(r"\]\((figures/[^)]+)\)", card):
        ElementTree.parse(folder / "out" / "dataset" / name)
    assert card.count("](figures/") == 3


def test_names_cannot_break_the_tables_of_the_card(folder, built):
    summary = read_summary((folder / "out" / "summary.json").read_bytes())
    (first, *_), plan = summary.characters, built.plan
    odd = replace_struct(summary, characters=(replace_struct(first, name="A|B\n<script>"),))
    assert "| A\\|B &lt;script> |" in data_card(odd, plan, TableFacts())
    drawn = plots(odd)[CHARACTERS].decode()
    assert "<script>" not in drawn
    ElementTree.fromstring(drawn)


def replace_struct(struct, **changes):
    return type(struct)(**{field: changes.get(field, getattr(struct, field)) for field in struct.__struct_fields__})


def test_a_dry_run_counts_what_is_to_do_and_names_what_cannot_be(folder, built):
    options = BuildOptions(folder / "in", folder / "out", tables("curate.min_duration=1.1"))
    done = estimate(options, 2)
    fresh = estimate(replace(options, out=folder / "other"), 2)
    assert (done.episodes, round(done.seconds)) == (3, 20)
    assert {(stage.todo, stage.cached) for stage in done.stages} == {(0, 2)}
    assert {(stage.todo, stage.cached) for stage in fresh.stages} == {(2, 0)}
    assert fresh.wall > done.wall == 0
    ((path, why),) = fresh.problems
    assert path == "Show.S01E03.mkv"
    assert "not a readable media file" in why
    assert not (folder / "other").exists()


@pytest.mark.parametrize(("who", "sure", "published"), [("Otis", 0.93, 0.93), ("", 0.93, 0.0), ("", 0.0, 0.0)])
def test_a_line_without_a_name_is_sure_of_none(who, sure, published):
    made = row(line(1, 0, 2, "Hm.", who=who, probability=sure), b"", "opus", "")
    assert (made["character"], made["probability"]) == (who, published)
