"""The network of pyannote segmentation-3.0 in OpenVINO, built from the raw buffers of its checkpoint."""

from __future__ import annotations

import numpy as np
import openvino
from openvino import Node
from openvino import opset13 as ops

from audiorole.models.ports import Floats
from audiorole.models.speech.pyannote_weights import (
    EPSILON,
    HIDDEN,
    LEAK,
    SINC_STRIDE,
    WINDOW,
    lstm_layers,
    sinc_filters,
)


def build(buffers: list[Floats]) -> openvino.Model:
    """Return the OpenVINO model: waveforms `(batch, 1, 160000)` → class probabilities `(batch, 589, 7)`."""
    waveforms = ops.parameter([-1, 1, WINDOW], np.float32, name="waveforms")
    x = _affine(_instance_norm(waveforms), buffers[0], buffers[1])
    x = ops.abs(_convolution(x, sinc_filters(*buffers[2:6]), SINC_STRIDE))
    for stage in range(3):
        if stage > 0:
            weight, bias = buffers[4 + 2 * stage], buffers[5 + 2 * stage]
            x = ops.add(_convolution(x, weight, 1), bias.reshape(1, -1, 1))
        x = _affine(_instance_norm(_pool(x)), buffers[10 + 2 * stage], buffers[11 + 2 * stage])
        x = _leaky(x)
    x = _lstm(ops.transpose(x, [0, 2, 1]), buffers[16])
    for first in (17, 19):
        x = _leaky(_linear(x, buffers[first], buffers[first + 1]))
    classes = ops.softmax(_linear(x, buffers[21], buffers[22]), axis=2)
    return openvino.Model([classes], [waveforms], "pyannote-segmentation-3.0")


def _lstm(x: Node, flat: Floats) -> Node:
    """Return the bidirectional LSTM layers over `(batch, time, features)`."""
    for layer in lstm_layers(flat):
        x = _lstm_layer(x, *(np.stack([_gates(one) for one in part]) for part in layer))
    return x


def _gates(rows: Floats) -> Floats:
    """Return torch's gate order (input, forget, cell, output) in OpenVINO's (forget, input, cell, output)."""
    i, f, c, o = np.split(rows, 4)
    return np.concatenate([f, i, c, o])


def _lstm_layer(x: Node, inputs: Floats, recurrents: Floats, biases: Floats) -> Node:
    shape = ops.shape_of(x)
    batch = ops.gather(shape, np.array([0]), np.array(0))
    length = ops.broadcast(ops.gather(shape, np.array([1]), np.array(0)), batch)
    state = ops.broadcast(np.float32(0), ops.concat([batch, np.array([2, HIDDEN], dtype=np.int64)], 0))
    layer = ops.lstm_sequence(x, state, state, length, inputs, recurrents, biases, HIDDEN, "bidirectional")
    both = ops.transpose(layer.output(0), [0, 2, 1, 3])
    return ops.reshape(both, np.array([0, 0, 2 * HIDDEN]), special_zero=True)


def _convolution(x: Node, weight: Floats, stride: int) -> Node:
    return ops.convolution(x, weight, [stride], [0], [0], [1])


def _pool(x: Node) -> Node:
    return ops.max_pool(x, [3], [1], [0], [0], [3]).output(0)


def _instance_norm(x: Node) -> Node:
    return ops.mvn(x, np.array([2]), True, EPSILON, "INSIDE_SQRT")


def _affine(x: Node, scale: Floats, shift: Floats) -> Node:
    return ops.add(ops.multiply(x, scale.reshape(1, -1, 1)), shift.reshape(1, -1, 1))


def _leaky(x: Node) -> Node:
    return ops.prelu(x, np.array([LEAK]))


def _linear(x: Node, weight: Floats, bias: Floats) -> Node:
    return ops.add(ops.matmul(x, weight, False, True), bias.reshape(1, 1, -1))
