"""All runners give the same bytes, and survive a worker that dies."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from audiorole.core.progress import Silent
from audiorole.pipeline.run import run_plan
from audiorole.runners.local import InProcess, ProcessPool
from tests.pipeline import toy


def _run(root, runner, **contents):
    return run_plan(toy.line(root), toy.media(root, **contents), runner, Silent())


def test_process_pool_gives_the_same_bytes(tmp_path):
    for name, runner in (("one", InProcess()), ("two", ProcessPool(2))):
        _run(tmp_path / name, runner, e1="1", e2="2", e3="bad")
    assert toy.tree_bytes(tmp_path / "one" / "run") == toy.tree_bytes(tmp_path / "two" / "run")


def test_killed_worker_quarantines_its_own_task_only(tmp_path):
    summary = _run(tmp_path, ProcessPool(2), e1="1", e2="die", e3="3")
    assert [(note.shard, note.stage) for note in summary.quarantined] == [("show/e2", "count")]
    assert "worker process died" in summary.quarantined[0].error
    assert toy.line(tmp_path).folder("last").shards() == ["show/e1", "show/e3"]


def threads(_task):
    np.ones((2, 2)) @ np.ones((2, 2))
    return max(pool["num_threads"] for pool in threadpool_info())


@pytest.mark.parametrize("runner", [InProcess(), ProcessPool(2)])
def test_linear_algebra_has_one_thread_whatever_the_user_set(runner, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert list(runner.map(threads, [1, 2])) == [1, 1]
