"""The Ray runner, on a local cluster."""

from __future__ import annotations

import pytest

from audiorole.core.progress import Silent
from audiorole.pipeline.run import run_plan
from audiorole.runners.local import InProcess
from tests.pipeline import toy
from tests.runners.test_runners import threads

pytest.importorskip("ray", reason="needs the extra audiorole[ray]")


@pytest.mark.filterwarnings("ignore")  # Ray's own start-up warns about its future defaults
def test_ray_gives_the_same_bytes_and_survives_a_dead_actor(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # which Ray would hand on to its workers
    import ray

    from audiorole.runners.ray import RayRunner

    for name, runner in (("one", InProcess()), ("two", RayRunner(2))):
        sources = toy.media(tmp_path / name, e1="1", e2="2", e3="bad")
        run_plan(toy.line(tmp_path / name), sources, runner, Silent())
    dying = run_plan(toy.line(tmp_path / "d"), toy.media(tmp_path / "d", e1="1", e2="die"), RayRunner(2), Silent())
    counted = list(RayRunner(2).map(threads, [1, 2]))
    ray.shutdown()
    assert counted == [1, 1]
    assert toy.tree_bytes(tmp_path / "one" / "run") == toy.tree_bytes(tmp_path / "two" / "run")
    assert [note.shard for note in dying.quarantined] == ["show/e2"]
