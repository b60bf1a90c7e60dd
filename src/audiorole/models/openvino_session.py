"""Compile a network in OpenVINO for the CPU: fixed threads, fp32 unless the network says otherwise."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import openvino

from audiorole.errors import WeightsError
from audiorole.models.ports import Floats


class Compiled(Protocol):
    """A compiled network."""

    def __call__(self, *inputs: Floats) -> list[Floats]:
        """Return the outputs of the network for its inputs, in its order; all arrays are the caller's own."""
        ...


@lru_cache(maxsize=1)
def core() -> openvino.Core:
    """Return the process's OpenVINO core."""
    return openvino.Core()


def read_network(path: Path) -> openvino.Model:
    """Return the network in an ONNX file. Raises `WeightsError` where it holds none."""
    try:
        return core().read_model(str(path))
    except RuntimeError as error:
        raise WeightsError(f"{path.name} cannot be opened by OpenVINO: {error}") from error


def compile_network(network: openvino.Model, threads: int = 1) -> Compiled:
    """Return a function from the network's inputs to its outputs.

    Precision is pinned to fp32 (int8 where the network is quantised), so that a CPU with bf16 gives the same numbers.
    Threads are not pinned to cores: each process would take the first core, and all workers would share that one.
    """
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    request = core().compile_model(network, "CPU", options).create_infer_request()

    def run(*inputs: Floats) -> list[Floats]:
        outputs = request.infer(dict(enumerate(inputs)))
        return [np.array(outputs[place], dtype=np.float32) for place in range(len(outputs))]

    return run
