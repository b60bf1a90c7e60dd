"""Workers take turns with the GPUs of a machine; actors share those of a cluster."""

from __future__ import annotations

import os

import pytest

from audiorole.runners.gpus import VISIBLE, gpu_share, one_gpu
from audiorole.runners.local import ProcessPool


def seen(task: object) -> tuple[object, str]:
    """Return which GPU this worker sees."""
    return task, os.environ.get(VISIBLE, "")


@pytest.mark.parametrize(("gpus", "given", "found"), [(2, None, {"0", "1"}), (2, "4,6", {"4", "6"}), (1, None, {""})])
def test_each_worker_sees_one_gpu(monkeypatch, gpus, given, found):
    monkeypatch.delenv(VISIBLE, raising=False)
    if given:
        monkeypatch.setenv(VISIBLE, given)
    reports = list(ProcessPool(2, gpus=gpus).map(seen, [1, 2, 3, 4]))
    assert {gpu for _, gpu in reports} <= found
    assert os.environ.get(VISIBLE) == given


def test_the_environment_is_as_before(monkeypatch):
    monkeypatch.delenv(VISIBLE, raising=False)
    with one_gpu(3, 2):
        assert os.environ[VISIBLE] == "1"
    assert VISIBLE not in os.environ


@pytest.mark.parametrize(("workers", "gpus", "share"), [(8, 2, 0.25), (4, 4, 1.0), (3, 2, 0.5), (5, 0, 0.2)])
def test_all_actors_find_a_place(workers, gpus, share):
    assert gpu_share(workers, gpus) == share
    if gpus:
        assert sum(int(1 / share) for _ in range(gpus)) >= workers
