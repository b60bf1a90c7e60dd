"""What every network on OpenVINO has in common."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
@pytest.mark.parametrize("threads", [1, 2])
def test_no_thread_is_bound_to_one_core(threads: int) -> None:
    """Else all workers of a build share that core: each process takes the same first one."""
    import openvino
    from openvino import opset13 as ops

    from audiorole.models.openvino_session import compile_network

    given = ops.parameter([-1, 64], np.float32)
    product = ops.matmul(given, np.eye(64, dtype=np.float32), False, False)
    run = compile_network(openvino.Model([product], [given]), threads)
    before = os.sched_getaffinity(0)
    for rows in (1, 500):
        assert run(np.ones((rows, 64), np.float32))[0].shape == (rows, 64)
        tasks = [int(path.name) for path in Path("/proc/self/task").iterdir()]
        assert all(os.sched_getaffinity(task) == before for task in tasks)
