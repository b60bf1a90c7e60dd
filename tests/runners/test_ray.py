"""The Ray runner, on a local cluster."""

from __future__ import annotations

import pytest

from audiorole.core.progress import Silent
from audiorole.pipeline.run import run_plan
from audiorole.runners.local import InProcess
from tests.pipeline import toy
from tests.runners.test_runners import _tasks, hang, threads, whose

pytest.importorskip("ray", reason="needs the extra audiorole[ray]")


@pytest.mark.filterwarnings("ignore")  # Ray's own start-up warns about its future defaults
def test_ray_gives_the_same_bytes_and_survives_dead_and_stalled_actors(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # which Ray would hand on to its workers
    import ray

    from audiorole.runners.ray import RayRunner

    for name, runner in (("one", InProcess()), ("two", RayRunner(2))):
        sources = toy.media(tmp_path / name, e1="1", e2="2", e3="bad")
        run_plan(toy.line(tmp_path / name), sources, runner, Silent())
    dying = run_plan(toy.line(tmp_path / "d"), toy.media(tmp_path / "d", e1="1", e2="die"), RayRunner(2), Silent())
    counted = list(RayRunner(2).map(threads, [1, 2]))
    with RayRunner(1).kept() as crew:
        kept = [[report.key for report in crew.map(whose, [task])] for task in ("light", "heavy", "light")]
    stalled = {report.key: report for report in RayRunner(2, stopped=2.0, idle=4.0).map(hang, tasks_of(tmp_path / "s"))}
    ray.shutdown()
    assert counted == [1, 1]
    assert kept[0] == kept[1] != kept[2]
    assert toy.tree_bytes(tmp_path / "one" / "run") == toy.tree_bytes(tmp_path / "two" / "run")
    assert [note.shard for note in dying.quarantined] == ["show/e2"]
    assert not [stage.failure for key in ("show/e1", "show/e3") for stage in stalled[key].stages if stage.failure]
    (failed,) = stalled["show/e2"].stages
    assert "made no progress (it was stopped for" in failed.failure


def tasks_of(root):
    """Return three tasks of which `hang` makes one stop itself, and one sleep the first time."""
    return _tasks(root, e1="1", e2="2", e3="3")
