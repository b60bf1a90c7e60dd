"""Kokoro's weights out of their ONNX graph: names from the nodes' scopes, float16, written by rule.

The graph folds weight norm away and names matrices by number, so the place of a node says which layer a constant is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from audiorole.errors import WeightsError
from audiorole.models.talker.tensor_file import write_tensor_file

Array = NDArray[np.float32]

_LAYER = "bert.encoder.albert_layer_groups.0.albert_layers.0."
_OWN_NAMES = (
    (r"^encoder\.", ""),
    (r"^decoder\.decoder\.", "decoder."),
    (r"^(F0|N|lstm|shared|F0_proj|N_proj|duration_proj)\b", r"predictor.\1"),
    (rf"^{re.escape(_LAYER)}", "bert.layer."),
    (r"^bert\.encoder\.embedding_hidden_mapping_in\b", "bert.mapping"),
)


def convert(source: Path, target: Path) -> None:
    """Write the weights in the ONNX graph `source` as float16 safetensors `target`, the same bytes everywhere.

    Raises `WeightsError` where it is no such graph.
    """
    try:
        graph = onnx.load(str(source)).graph
        tensors = dict(_tensors(graph))
    except Exception as error:  # protobuf's, onnx's and our own lookups fail in their own ways on foreign bytes
        raise WeightsError(f"{source.name} is no ONNX graph of Kokoro: {error}") from error
    write_tensor_file(target, {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in tensors.items()})


def _tensors(graph: onnx.GraphProto) -> Iterator[tuple[str, Array]]:
    constants = {one.name: one for one in graph.initializer}
    for name, one in constants.items():
        if re.match(r"(encoder|decoder\.decoder)\.", name) and ".stft." not in name:
            yield _own_name(name), numpy_helper.to_array(one)
    for node in graph.node:
        held = [numpy_helper.to_array(constants[name]) for name in node.input if name in constants]
        place = _own_name(_scope(node.name))
        if ".stft" in place:
            continue
        if node.op_type in ("Conv", "ConvTranspose"):
            yield f"{place}.weight", held[0]
        elif node.op_type == "MatMul" and held and held[0].ndim == 2 and not re.search(r"_\d+$", place):
            yield f"{place}.weight", held[0].T
        elif node.op_type == "LSTM":
            yield from _lstm(place, *held[:3])


def _scope(name: str) -> str:
    """Return the layer of a node: '/encoder/cnn.0/cnn.0.0/Conv' is 'encoder.cnn.0.0'."""
    parts: list[str] = []
    for part in name.strip("/").split("/")[:-1]:
        if parts and part.startswith(f"{parts[-1]}."):
            parts[-1] = part
        else:
            parts.append(part)
    return ".".join(parts)


def _own_name(name: str) -> str:
    for pattern, ours in _OWN_NAMES:
        name = re.sub(pattern, ours, name)
    return name


def _lstm(place: str, inputs: Array, recurrent: Array, biases: Array) -> Iterator[tuple[str, Array]]:
    """Yield torch's tensors of an LSTM of two directions; ONNX orders its gates input, output, forget, cell."""
    for at, end in enumerate(("", "_reverse")):
        first, second = np.split(biases[at], 2)
        parts = {"weight_ih": inputs[at], "weight_hh": recurrent[at], "bias_ih": first, "bias_hh": second}
        for name, values in parts.items():
            i, o, f, c = np.split(values, 4)
            yield f"{place}.{name}_l0{end}", np.concatenate([i, f, c, o])
