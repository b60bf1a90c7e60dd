"""Open an ONNX file on a GPU: onnxruntime where its package can use CUDA, torch where not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto

from audiorole.core.registry import Registry
from audiorole.errors import WeightsError
from audiorole.models.gpu.runtimes.with_onnxruntime import PROVIDER
from audiorole.models.ports import Floats

Network = Callable[..., list[Floats]]
"""From the inputs of a network to its outputs, in the file's order."""

_TORCH: Registry[Callable[[Path, str], Network]] = Registry(
    "GPU runtime", {"graph": "audiorole.models.gpu.graph:TorchGraph"}, extras={"torch": "gpu", "onnx": "gpu"}
)


def read_onnx(path: Path) -> ModelProto:
    """Return the network in an ONNX file. Raises `WeightsError` where it holds none."""
    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's errors share no base class with ours
        raise WeightsError(f"{path.name} cannot be read as ONNX: {error}") from error


def open_network(model: ModelProto, device: str) -> Network:
    """Return a network on `device`. Raises `WeightsError`, and `MissingExtraError` without torch."""
    if device.startswith("cuda") and PROVIDER in onnxruntime.get_available_providers():
        providers = [(PROVIDER, EXACT), "CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=providers)
        if session.get_providers()[0] == PROVIDER:  # where a library of CUDA is missing, it goes to the CPU by itself
            return _by_onnxruntime(session)
    network: Network = _TORCH.load("graph")(model, device)
    return network


EXACT = {"use_tf32": "0"}
"""The GPU's short float32 has errors of 1e-3: enough to give one line in a hundred another name."""


def _by_onnxruntime(session: onnxruntime.InferenceSession) -> Network:
    names = [one.name for one in session.get_inputs()]

    def run(*inputs: Floats) -> list[Floats]:
        found = session.run(None, dict(zip(names, inputs, strict=True)))
        return [np.asarray(one, dtype=np.float32) for one in found]

    return run
