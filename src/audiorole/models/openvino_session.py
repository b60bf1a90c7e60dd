"""Compile a network in OpenVINO for the CPU: fixed threads, fp32 unless the network says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import openvino

from audiorole.models.ports import Floats


@lru_cache(maxsize=1)
def core() -> openvino.Core:
    """Return the process's OpenVINO core."""
    return openvino.Core()


def compile_network(network: openvino.Model, threads: int = 1) -> Callable[[Floats], Floats]:
    """Return a function from the network's only input to its only output; both arrays are the caller's own.

    Precision is pinned to fp32 (int8 where the network is quantised), so that a CPU with bf16 gives the same numbers.
    """
    options = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1}
    request = core().compile_model(network, "CPU", options).create_infer_request()

    def run(batch: Floats) -> Floats:
        return np.array(request.infer({0: batch})[0], dtype=np.float32)

    return run
