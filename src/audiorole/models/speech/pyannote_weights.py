"""The buffers of pyannote segmentation-3.0's checkpoint, and what is computed from them once.

The published checkpoint is a zip of float32 buffers beside a pickle. The pickle is never opened: the order and the
shapes of the buffers are those of the architecture (PyanNet: SincNet, four bidirectional LSTM layers, two linear
layers, seven powerset classes), checked against their sizes here.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

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


def lstm_layers(flat: Floats) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Yield input weights `(2, 512, features)`, recurrent weights `(2, 512, 128)` and biases `(2, 512)` of each layer.

    The first axis is the direction, forwards and backwards; rows stand in torch's order of gates: input, forget, cell,
    output. flat: per layer and direction input and recurrent weights, then all biases (torch's flat buffer).
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
        yield np.stack(inputs), np.stack(recurrents), np.stack(biases)
        features = 2 * HIDDEN
