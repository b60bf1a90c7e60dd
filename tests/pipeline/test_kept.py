"""Earlier results come back when a parameter is changed back, whatever was killed in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiorole.core.progress import Silent
from audiorole.pipeline import kept
from audiorole.pipeline.run import RunSummary, run_plan
from audiorole.pipeline.store import StageFolder
from audiorole.runners.local import InProcess
from tests.pipeline import toy


def run(root: Path, sources: dict, **changes) -> RunSummary:
    return run_plan(toy.line(root, **changes), sources, InProcess(), Silent())


def generations(root: Path, stage: str, shard: str) -> list[Path]:
    home = toy.line(root).folder(stage).path / "kept" / shard
    return sorted(home.iterdir()) if home.is_dir() else []


def test_a_parameter_changed_back_computes_nothing(tmp_path):
    sources = toy.media(tmp_path, e1="1", e2="2")
    run(tmp_path, sources)
    before = toy.tree_bytes(tmp_path / "run")
    assert sum(run(tmp_path, sources, count_scale=3).computed.values()) == 8
    assert not run(tmp_path, sources).computed
    assert toy.tree_bytes(tmp_path / "run") == before
    assert not run(tmp_path, sources, count_scale=3).computed


def test_media_changed_back_computes_nothing(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    assert run(tmp_path, toy.media(tmp_path, e1="1", e2="4")).computed
    assert not run(tmp_path, toy.media(tmp_path, e1="1", e2="2")).computed


def test_only_the_newest_generations_are_kept(tmp_path):
    sources = toy.media(tmp_path, e1="1")
    for scale in (1, 2, 3, 4, 5):
        run(tmp_path, sources, count_scale=scale)
    assert len(generations(tmp_path, "count", "show/e1")) == kept.GENERATIONS
    assert not run(tmp_path, sources, count_scale=3).computed
    assert not run(tmp_path, sources, count_scale=4).computed
    assert run(tmp_path, sources, count_scale=1).computed


@pytest.mark.parametrize("after", range(1, 14))
def test_a_kill_between_any_two_links_loses_nothing(tmp_path, monkeypatch, after):
    sources = toy.media(tmp_path, e1="1", e2="2")
    run(tmp_path, sources)
    expected = toy.tree_bytes(tmp_path / "run")
    run(tmp_path, sources, count_scale=3)
    _die_after(monkeypatch, after)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, sources)
    monkeypatch.undo()
    run(tmp_path, sources)
    assert toy.tree_bytes(tmp_path / "run") == expected


def _die_after(monkeypatch, calls: int) -> None:
    """Let the `calls`-th hard link fail as a kill does: by what no handler catches."""
    link, count = os.link, iter(range(1, calls + 1))

    def dying(source: Path, target: Path) -> None:
        if next(count) == calls:
            raise KeyboardInterrupt
        link(source, target)

    monkeypatch.setattr(os, "link", dying)


def test_without_hard_links_it_is_computed_again(tmp_path, monkeypatch):
    sources = toy.media(tmp_path, e1="1")
    run(tmp_path, sources)
    before = toy.tree_bytes(tmp_path / "run")
    monkeypatch.setattr(os, "link", _refused)
    run(tmp_path, sources, count_scale=3)
    assert not generations(tmp_path, "count", "show/e1")
    assert run(tmp_path, sources).computed["count"] == 1
    assert toy.tree_bytes(tmp_path / "run") == before


def _refused(source: Path, target: Path) -> None:
    raise OSError(95, "Operation not supported")


def test_an_episode_that_left_takes_its_earlier_results_along(tmp_path):
    run(tmp_path, toy.media(tmp_path, e1="1", e2="2"))
    run(tmp_path, toy.media(tmp_path, e1="1", e2="4"))
    run(tmp_path, toy.media(tmp_path, e1="1"))
    assert not [path for path in (tmp_path / "run").rglob("*") if path.name.startswith("e2")]


def test_a_damaged_generation_does_not_count(tmp_path):
    sources = toy.media(tmp_path, e1="1")
    run(tmp_path, sources)
    run(tmp_path, sources, count_scale=3)
    (generation,) = generations(tmp_path, "count", "show/e1")
    StageFolder(generation).records("show/e1").unlink()
    assert run(tmp_path, sources).computed["count"] == 1
