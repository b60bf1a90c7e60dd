"""The loop over shards: accounting, caching, early cut-off, quarantine, resume."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.core.progress import Silent
from audiorole.pipeline.run import RunSummary, legs, run_plan
from audiorole.pipeline.store import read_records
from audiorole.runners.local import InProcess
from audiorole.types import Dropped
from tests.pipeline import toy


def run(root: Path, sources: dict, **changes) -> RunSummary:
    return run_plan(toy.line(root, **changes), sources, InProcess(), Silent())


def test_kept_and_dropped_are_the_input(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1"))
    folder = toy.line(tmp_path).folder("halve")
    kept = list(read_records(folder.records("show/e1"), toy.Number))
    dropped = list(read_records(folder.dropped("show/e1"), Dropped))
    assert [n.value for n in kept] == [0, 1, 2]
    assert next((d.id, d.reason, d.detail) for d in dropped) == ("show/e1/n01", "odd", "1")
    assert folder.read_marker("show/e1").dropped == {"odd": 3}


def test_a_stage_that_loses_a_record_is_caught(tmp_path):
    summary = run(tmp_path, toy.media(tmp_path, e1="1", e2="3"), halve_lose=True)
    assert [note.shard for note in summary.quarantined] == ["show/e1"]
    assert "lost 1" in summary.quarantined[0].error


def test_second_run_computes_nothing(tmp_path):
    sources = toy.media(tmp_path, e1="1", e2="2")
    run(tmp_path, sources)
    again = run(tmp_path, sources)
    assert not again.computed
    assert again.cached == {"count": 2, "halve": 2, "total": 2, "last": 2}


def test_one_changed_episode_runs_alone_with_the_series_stages(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    summary = run(tmp_path, toy.media(tmp_path, e1="1", e2="4"))
    assert summary.computed == {"count": 1, "halve": 1, "total": 2, "last": 2}


def test_touched_but_equal_file_is_cached(tmp_path):
    sources = toy.media(tmp_path, e1="1")
    run(tmp_path, sources)
    (tmp_path / "media" / "e1").touch()
    assert not run(tmp_path, sources).computed


def test_early_cut_off_when_the_output_stays_the_same(tmp_path):
    sources = toy.media(tmp_path, e1="1")
    run(tmp_path, sources)
    assert run(tmp_path, sources, halve_unused=7).computed == {"halve": 1}


def test_parameter_changed_and_changed_back_gives_the_same_bytes(tmp_path):
    sources = toy.media(tmp_path, e1="1", e2="2")
    run(tmp_path, sources)
    before = toy.tree_bytes(tmp_path / "run")
    run(tmp_path, sources, count_scale=3)
    assert toy.tree_bytes(tmp_path / "run") != before
    run(tmp_path, sources)
    assert toy.tree_bytes(tmp_path / "run") == before


def test_bad_episode_is_quarantined_and_the_rest_goes_on(tmp_path):
    summary = run(tmp_path, toy.media(tmp_path, e1="1", e2="bad", e3="2"))
    assert [(n.shard, n.stage, n.error) for n in summary.quarantined] == [("show/e2", "count", "e2:1: is bad")]
    assert toy.line(tmp_path).folder("last").shards() == ["show/e1", "show/e3"]


def test_an_episode_that_turns_bad_leaves_nothing_behind(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    run(tmp_path, toy.media(tmp_path, e1="1", e2="bad"))
    assert not [p for p in (tmp_path / "run").rglob("e2*") if not {"failed", "kept", "00-sources"} & set(p.parts)]
    healed = run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    assert not healed.quarantined


def test_episode_that_left_the_input_leaves_the_output(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    run(tmp_path, toy.media(tmp_path, e1="1"))
    assert not list((tmp_path / "run").rglob("e2*"))


def test_a_lost_output_is_made_again(tmp_path):
    sources = toy.media(tmp_path, e1="1")
    run(tmp_path, sources)
    toy.line(tmp_path).folder("halve").records("show/e1").unlink()
    assert run(tmp_path, sources).computed["halve"] == 1


def test_consecutive_episode_stages_form_one_leg(tmp_path):
    assert legs(toy.line(tmp_path)) == [("count", "halve"), ("total",), ("last",)]


def test_undeclared_need_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(toy.Total, "needs", ())
    summary = run(tmp_path, toy.media(tmp_path, e1="1"))
    assert "without naming it in `needs`" in summary.quarantined[0].error


@pytest.mark.parametrize(
    "leftover", ["02-halve/show/e1.jsonl.99.audiorole-partial", "01-count/show/e9.values.npy.1.audiorole-partial"]
)
def test_half_written_files_go(tmp_path, leftover):
    path = tmp_path / "run" / leftover
    path.parent.mkdir(parents=True)
    path.write_text("half")
    run(tmp_path, toy.media(tmp_path, e1="1"))
    assert not path.exists()
