"""Open an ONNX file on a GPU: onnxruntime where its package can use CUDA, torch where not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from audiorole.core.registry import Registry
from audiorole.models.gpu.runtimes.with_onnxruntime import PROVIDER
from audiorole.models.ports import Floats

Network = Callable[..., list[Floats]]
"""From the inputs of a network to its outputs, in the file's order."""

_TORCH: Registry[Callable[[Path, str], Network]] = Registry(
    "GPU runtime", {"graph": "audiorole.models.gpu.graph:TorchGraph"}, extras={"torch": "gpu", "onnx": "gpu"}
)


def open_network(path: Path, device: str) -> Network:
    """Return the network in `path` on `device`. Raises `WeightsError`, and `MissingExtraError` without torch."""
    if device.startswith("cuda") and PROVIDER in onnxruntime.get_available_providers():
        session = onnxruntime.InferenceSession(str(path), providers=[PROVIDER, "CPUExecutionProvider"])
        if session.get_providers()[0] == PROVIDER:  # where a library of CUDA is missing, it goes to the CPU by itself
            return _by_onnxruntime(session)
    network: Network = _TORCH.load("graph")(path, device)
    return network


def _by_onnxruntime(session: onnxruntime.InferenceSession) -> Network:
    names = [one.name for one in session.get_inputs()]

    def run(*inputs: Floats) -> list[Floats]:
        found = session.run(None, dict(zip(names, inputs, strict=True)))
        return [np.asarray(one, dtype=np.float32) for one in found]

    return run
