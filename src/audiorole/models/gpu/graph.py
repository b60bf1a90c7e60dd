"""An ONNX file run by torch: the operators that our networks are made of, one line each.

For machines whose onnxruntime has no CUDA. Weights stay on the device; inputs go there and outputs come back as numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import ModelProto, NodeProto, numpy_helper
from torch import Tensor

from audiorole.errors import WeightsError
from audiorole.models.gpu.precision import WHOLE, full_precision, short_floats
from audiorole.models.ports import Floats

Attributes = dict[str, Any]
Operator = Callable[[Sequence[Tensor], Attributes], Tensor]


class TorchGraph:
    """A network in ONNX on a torch device. Raises `WeightsError` for an operator it cannot run."""

    def __init__(self, model: ModelProto, device: str) -> None:
        graph = model.graph
        if unknown := sorted({node.op_type for node in graph.node} - {"Constant", *OPERATORS}):
            raise WeightsError(f"A network holds operators that are not known here: {', '.join(unknown)}.")
        self._device = torch.device(device)
        self._weights = {w.name: self._tensor(numpy_helper.to_array(w)) for w in graph.initializer}
        self._weights |= {node.output[0]: self._tensor(_constant(node)) for node in graph.node if _is_constant(node)}
        self._nodes = [(node, _attributes(node)) for node in graph.node if not _is_constant(node)]
        self._inputs = [one.name for one in graph.input if one.name not in self._weights]
        self._outputs = [one.name for one in graph.output]
        self._last = {name: place for place, (node, _) in enumerate(self._nodes) for name in node.input}
        self._exact = whole_convolutions(model)

    @full_precision
    @torch.inference_mode()
    def __call__(self, *inputs: Floats) -> list[Floats]:
        """Return the outputs for the inputs, in the file's order."""
        values = dict(self._weights)
        values |= {name: self._tensor(given) for name, given in zip(self._inputs, inputs, strict=True)}
        for place, (node, attributes) in enumerate(self._nodes):
            given = [values[name] for name in node.input if name]
            with short_floats(True) if node.output[0] in self._exact else nullcontext():
                values[node.output[0]] = OPERATORS[node.op_type](given, attributes)
            for name in node.input:  # what no later node reads: gigabytes, with a hundred waveforms at once
                if self._last[name] == place and name not in self._weights and name not in self._outputs:
                    values.pop(name, None)
        return [np.asarray(values[name].float().cpu().numpy()) for name in self._outputs]

    def _tensor(self, array: np.ndarray[Any, Any]) -> Tensor:
        tensor = torch.from_numpy(np.array(array))
        # Shapes and axes are read by Python: a copy from the device for each would wait for all that runs there.
        if not tensor.is_floating_point():
            return tensor
        # Tensor cores read the channels of a place side by side; cuDNN would turn every activation over and back.
        layout = torch.channels_last if tensor.ndim == 4 else torch.preserve_format
        return tensor.to(self._device, memory_format=layout)


def whole_convolutions(model: ModelProto) -> set[str]:
    """Return the outputs of convolutions of whole numbers: rounded activations, and weights that are such numbers."""
    made = {name: node for node in model.graph.node for name in node.output}
    weights = {one.name: one for one in model.graph.initializer}

    def whole(node: NodeProto) -> bool:
        kept = made.get(node.input[0])
        rounded = kept is not None and kept.op_type == "Clip" and made[kept.input[0]].op_type == "Round"
        if not (node.op_type == "Conv" and rounded and node.input[1] in weights):
            return False
        values = numpy_helper.to_array(weights[node.input[1]])
        return bool(np.array_equal(values, np.rint(values)) and np.abs(values).max(initial=0) <= WHOLE)

    return {node.output[0] for node in model.graph.node if whole(node)}


def _is_constant(node: NodeProto) -> bool:
    return node.op_type == "Constant"


def _constant(node: NodeProto) -> np.ndarray[Any, Any]:
    return np.asarray(numpy_helper.to_array(node.attribute[0].t))


def _attributes(node: NodeProto) -> Attributes:
    return {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}


def _axes(x: Sequence[Tensor], a: Attributes) -> list[int]:
    return [int(axis) for axis in (a["axes"] if "axes" in a else x[1].reshape(-1).tolist())]


def _convolution(x: Sequence[Tensor], a: Attributes) -> Tensor:
    pads = list(a.get("pads") or [0] * (2 * (x[0].ndim - 2)))
    low, high = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    sides = [side for pair in zip(low[::-1], high[::-1], strict=True) for side in pair]
    given, around = (x[0], tuple(low)) if low == high else (F.pad(x[0], sides), 0)
    run = {3: F.conv1d, 4: F.conv2d}[x[0].ndim]
    bias = x[2] if len(x) > 2 else None
    return run(given, x[1], bias, tuple(a["strides"]), around, tuple(a["dilations"]), int(a["group"]))


def _unsqueezed(x: Sequence[Tensor], a: Attributes) -> Tensor:
    found = x[0]
    for axis in sorted(_axes(x, a)):
        found = found.unsqueeze(axis)
    return found


def _gathered(x: Sequence[Tensor], a: Attributes) -> Tensor:
    axis = int(a.get("axis", 0))
    return x[0].index_select(axis, x[1].reshape(-1).to(x[0].device) % x[0].shape[axis])


def _gemm(x: Sequence[Tensor], a: Attributes) -> Tensor:
    right = x[1].T if a.get("transB") else x[1]
    return a.get("alpha", 1.0) * (x[0] @ right) + a.get("beta", 1.0) * x[2]


def _cast(x: Sequence[Tensor], a: Attributes) -> Tensor:
    return x[0].to({1: torch.float32, 7: torch.int64}[int(a["to"])])


def _same(x: Sequence[Tensor]) -> list[Tensor]:
    """Return two operands on one device; numbers read off shapes live on the CPU."""
    if len({one.device for one in x}) == 1:
        return list(x)
    device = next(one.device for one in x if one.device.type != "cpu")
    return [one.to(device) for one in x]


def _two(function: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    return lambda x, a: function(*_same(x))


OPERATORS: dict[str, Operator] = {
    "Add": _two(torch.add),
    "Cast": _cast,
    "Clip": lambda x, a: torch.clamp(x[0], x[1], x[2]),
    "Concat": lambda x, a: torch.cat(list(x), dim=int(a["axis"])),
    "Conv": _convolution,
    "Div": _two(torch.div),
    "Flatten": lambda x, a: x[0].flatten(int(a.get("axis", 1))),
    "Gather": _gathered,
    "Gemm": _gemm,
    "MatMul": _two(torch.matmul),
    "MaxPool": lambda x, a: F.max_pool2d(x[0], tuple(a["kernel_shape"]), tuple(a["strides"])),
    "Mul": _two(torch.mul),
    "ReduceMax": lambda x, a: x[0].amax(_axes(x, a), keepdim=bool(a.get("keepdims", 1))),
    "ReduceMean": lambda x, a: x[0].mean(_axes(x, a), keepdim=bool(a.get("keepdims", 1))),
    "ReduceProd": lambda x, a: x[0].prod(),
    "Relu": lambda x, a: torch.relu(x[0]),
    "Round": lambda x, a: torch.round(x[0]),  # to even, as ONNX says
    "Shape": lambda x, a: torch.tensor(x[0].shape),
    "Sqrt": lambda x, a: torch.sqrt(x[0]),
    "Sub": _two(torch.sub),
    "Transpose": lambda x, a: x[0].permute(*a["perm"]),
    "Unsqueeze": _unsqueezed,
}
