"""WeSpeaker as the CPU runs it, in 8 bits, for a GPU: the same rounding, in operators that every runtime has.

`models.voices.wespeaker_int8` lets OpenVINO make integer kernels of the network. Here the integers stand in floats: an
activation becomes a whole number in [0, 255], a weight one in [-127, 127], and float32 holds their sums exactly, so
voices are those of the CPU up to the rounding of what comes after a convolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from audiorole.errors import WeightsError
from audiorole.models.gpu.session import read_onnx
from audiorole.models.ports import Floats
from audiorole.models.voices.int8_ranges import LEVELS, WEIGHT_LEVELS


def quantised(path: Path, ranges: Sequence[float]) -> ModelProto:
    """Return the network in `path`, its convolutions but the first in whole numbers.

    ranges: the largest activation in front of each such convolution, those of one activation once, in graph order.
    Raises `WeightsError` for another network.
    """
    model = read_onnx(path)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"][1:]
    inputs = list(dict.fromkeys(node.input[0] for node in convolutions))
    if len(inputs) != len(ranges):
        raise WeightsError(f"This is not the ResNet34 the ranges were measured on: {len(inputs)} activations.")
    whole = {node.output[0] for node in convolutions}
    steps = {name: np.float32(largest / (LEVELS - 1)) for name, largest in zip(inputs, ranges, strict=True)}
    nodes = [new for node in model.graph.node for new in _rewritten(model, node, steps, whole)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    read = {name for node in nodes for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return model


def _rewritten(
    model: ModelProto, node: NodeProto, steps: dict[str, np.float32], whole: set[str]
) -> Iterator[NodeProto]:
    if node.output[0] in whole:
        yield from _in_whole_numbers(model, node, steps[node.input[0]])
    else:
        yield _reading(node, steps)
    for name in node.output:
        if name in steps:
            yield from _rounded(model, name, steps[name])


def _reading(node: NodeProto, steps: dict[str, np.float32]) -> NodeProto:
    """Return the node, reading the rounded activations in place of the old ones."""
    for place, name in enumerate(node.input):
        if name in steps:
            node.input[place] = f"{name}.rounded"
    return node


def _rounded(model: ModelProto, name: str, step: np.float32) -> Iterator[NodeProto]:
    """Yield the nodes that round an activation to whole numbers, and those back to what they stand for."""
    each = _constant(model, f"{name}.each", np.float32(1.0) / step)
    low, high = _constant(model, f"{name}.low", np.float32(0)), _constant(model, f"{name}.high", np.float32(LEVELS - 1))
    yield helper.make_node("Mul", [name, each], [f"{name}.scaled"])
    yield helper.make_node("Round", [f"{name}.scaled"], [f"{name}.near"])
    yield helper.make_node("Clip", [f"{name}.near", low, high], [f"{name}.whole"])
    yield helper.make_node("Mul", [f"{name}.whole", _constant(model, f"{name}.step", step)], [f"{name}.rounded"])


def _in_whole_numbers(model: ModelProto, node: NodeProto, step: np.float32) -> Iterator[NodeProto]:
    """Yield a convolution of whole numbers, its result scaled and shifted to that of the old one."""
    weight, bias = (_values(model, name) for name in node.input[1:])
    largest = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
    half = np.float32((WEIGHT_LEVELS - 1) // 2)
    out = node.output[0]
    scale = (step * largest / half).reshape(1, -1, 1, 1)
    whole = _constant(model, f"{out}.weight", np.rint(weight / largest * half))
    named = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    yield helper.make_node("Conv", [f"{node.input[0]}.whole", whole], [f"{out}.sum"], **named)
    yield helper.make_node("Mul", [f"{out}.sum", _constant(model, f"{out}.scale", scale)], [f"{out}.product"])
    yield helper.make_node("Add", [f"{out}.product", _constant(model, f"{out}.bias", bias.reshape(1, -1, 1, 1))], [out])


def _values(model: ModelProto, name: str) -> Floats:
    (found,) = (one for one in model.graph.initializer if one.name == name)
    return np.asarray(numpy_helper.to_array(found), np.float32)


def _constant(model: ModelProto, name: str, values: np.float32 | Floats) -> str:
    """Add a constant to the graph and return its name."""
    tensor: TensorProto = numpy_helper.from_array(np.asarray(values, np.float32), name)
    model.graph.initializer.append(tensor)
    return name
