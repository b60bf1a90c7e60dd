"""The network of pyannote segmentation-3.0, built in OpenVINO from the raw buffers of its checkpoint.

The published checkpoint is a zip of float32 buffers beside a pickle. The pickle is never opened: the order and the
shapes of the buffers are those of the architecture (PyanNet: SincNet, four bidirectional LSTM layers, two linear
layers, seven powerset classes), checked against their sizes here.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ops

from audiorole.errors import WeightsError
from audiorole.models.ports import Floats

SAMPLE_RATE = 16000
WINDOW = 160000  # 10 s, what the model was trained on
HIDDEN, LAYERS, CLASSES = 128, 4, 7
SINC_FILTERS, SINC_STRIDE = 40, 10
MIN_HZ = 50.0  # lowest cut-off and narrowest band of the sinc filters (asteroid-filterbanks ParamSincFB)
LEAK = np.float32(0.01)
EPSILON = 1e-5

# Shape of each numbered buffer of the archive; -1: the LSTM's flat buffer.
SHAPES: tuple[tuple[int, ...], ...] = (
    (1,), (1,), (40, 1), (40, 1), (125,), (1, 125), (60, 80, 5), (60,), (60, 60, 5), (60,),
    (80,), (80,), (60,), (60,), (60,), (60,), (-1,), (128, 256), (128,), (128, 128), (128,), (7, 128), (7,),
)  # fmt: skip
FLAT_LSTM = 1380352


def read_buffers(path: Path) -> list[Floats]:
    """Return the checkpoint's buffers, shaped. Raises `WeightsError` where they are not those of the network."""
    try:
        with zipfile.ZipFile(path) as archive:
            raw = [np.frombuffer(archive.read(f"archive/data/{index}"), "<f4") for index in range(len(SHAPES))]
        buffers = [values.reshape(shape) for values, shape in zip(raw, SHAPES, strict=True)]
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WeightsError(f"{path.name} is no checkpoint of pyannote segmentation-3.0: {error}") from error
    if buffers[16].size != FLAT_LSTM:
        raise WeightsError(f"{path.name} is no checkpoint of pyannote segmentation-3.0: wrong LSTM size.")
    return buffers


def build(buffers: list[Floats]) -> Any:
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


def sinc_filters(low_hz: Floats, band_hz: Floats, window: Floats, time: Floats) -> Floats:
    """Return the 80 band-pass filters `(80, 1, 251)`: 40 even, 40 odd. Source: Ravanelli and Bengio 2018."""
    low = MIN_HZ + np.abs(low_hz)
    high = np.clip(low + MIN_HZ + np.abs(band_hz), MIN_HZ, SAMPLE_RATE / 2)
    band = 2 * (high - low)
    angles_low, angles_high = low @ time, high @ time
    even = (np.sin(angles_high) - np.sin(angles_low)) / (time / 2) * window
    odd = (np.cos(angles_low) - np.cos(angles_high)) / (time / 2) * window
    both = np.concatenate(
        [np.hstack([even, band, even[:, ::-1]]), np.hstack([odd, np.zeros_like(band), -odd[:, ::-1]])]
    )
    return np.asarray(both / np.concatenate([band, band]), dtype=np.float32)[:, None]


def _lstm(x: Any, flat: Floats) -> Any:
    """Return the bidirectional LSTM layers over `(batch, time, features)`.

    flat: per layer and direction input and recurrent weights, then all biases (the layout of torch's flat buffer).
    """
    size, features, weights_at, biases_at = 4 * HIDDEN, 60, 0, FLAT_LSTM - LAYERS * 2 * 2 * 4 * HIDDEN
    for _ in range(LAYERS):
        inputs, recurrents, biases = [], [], []
        for _ in range(2):
            inputs.append(flat[weights_at : weights_at + size * features].reshape(size, features))
            weights_at += size * features
            recurrents.append(flat[weights_at : weights_at + size * HIDDEN].reshape(size, HIDDEN))
            weights_at += size * HIDDEN
            biases.append(flat[biases_at : biases_at + size] + flat[biases_at + size : biases_at + 2 * size])
            biases_at += 2 * size
        x = _lstm_layer(x, *(np.stack([_gates(one) for one in part]) for part in (inputs, recurrents, biases)))
        features = 2 * HIDDEN
    return x


def _gates(rows: Floats) -> Floats:
    """Return torch's gate order (input, forget, cell, output) in OpenVINO's (forget, input, cell, output)."""
    i, f, c, o = np.split(rows, 4)
    return np.concatenate([f, i, c, o])


def _lstm_layer(x: Any, inputs: Floats, recurrents: Floats, biases: Floats) -> Any:
    shape = ops.shape_of(x)
    batch = ops.gather(shape, np.array([0]), np.array(0))
    length = ops.broadcast(ops.gather(shape, np.array([1]), np.array(0)), batch)
    state = ops.broadcast(np.float32(0), ops.concat([batch, np.array([2, HIDDEN], dtype=np.int64)], 0))
    layer = ops.lstm_sequence(x, state, state, length, inputs, recurrents, biases, HIDDEN, "bidirectional")
    both = ops.transpose(layer.output(0), [0, 2, 1, 3])
    return ops.reshape(both, np.array([0, 0, 2 * HIDDEN]), special_zero=True)


def _convolution(x: Any, weight: Floats, stride: int) -> Any:
    return ops.convolution(x, weight, [stride], [0], [0], [1])


def _pool(x: Any) -> Any:
    return ops.max_pool(x, [3], [1], [0], [0], [3]).output(0)


def _instance_norm(x: Any) -> Any:
    return ops.mvn(x, np.array([2]), True, EPSILON, "INSIDE_SQRT")


def _affine(x: Any, scale: Floats, shift: Floats) -> Any:
    return ops.add(ops.multiply(x, scale.reshape(1, -1, 1)), shift.reshape(1, -1, 1))


def _leaky(x: Any) -> Any:
    return ops.prelu(x, np.array([LEAK]))


def _linear(x: Any, weight: Floats, bias: Floats) -> Any:
    return ops.add(ops.matmul(x, weight, False, True), bias.reshape(1, 1, -1))
