"""pyannote segmentation-3.0 in numpy, for machines without OpenVINO: the same weights, no other package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from audiorole.models.ports import Floats
from audiorole.models.speech.pyannote import PyannoteActivity
from audiorole.models.speech.pyannote_weights import EPSILON, HIDDEN, LEAK, SINC_STRIDE, lstm_layers, sinc_filters


class PyannoteSegmentationNumpy(PyannoteActivity):
    """Speech, overlap and changes of speaker, by numpy; threads are those of its linear algebra."""

    def _open(self, buffers: list[Floats], threads: int) -> Callable[[Floats], Floats]:
        return _Network(buffers).run


class _Network:
    """SincNet over one window at a time, then the LSTM over all of them together."""

    def __init__(self, buffers: list[Floats]) -> None:
        self._buffers = buffers
        self._filters = sinc_filters(*buffers[2:6])
        self._layers = [_Layer.of(*layer) for layer in lstm_layers(buffers[16])]

    def run(self, waveforms: Floats) -> Floats:
        """Return class probabilities `(batch, 589, 7)` of waveforms `(batch, 1, 160000)`."""
        x = np.stack([self._features(waveform).T for waveform in waveforms])
        for layer in self._layers:
            x = layer.run(x)
        for first in (17, 19):
            x = _leaky(x @ self._buffers[first].T + self._buffers[first + 1])
        return np.asarray(softmax(x @ self._buffers[21].T + self._buffers[22], axis=2), dtype=np.float32)

    def _features(self, waveform: Floats) -> Floats:
        """Return the features `(60, 589)` of one window `(1, 160000)`."""
        scales, shifts = self._buffers[10:16:2], self._buffers[11:16:2]
        x = _affine(_instance_norm(waveform), self._buffers[0], self._buffers[1])
        x = np.abs(_convolution(x, self._filters, SINC_STRIDE))
        for stage in range(3):
            if stage > 0:
                x = _convolution(x, self._buffers[4 + 2 * stage], 1) + self._buffers[5 + 2 * stage][:, None]
            x = _leaky(_affine(_instance_norm(_pool(x)), scales[stage], shifts[stage]))
        return x


@dataclass(frozen=True)
class _Layer:
    """One bidirectional layer. Rows of the gates input, forget and output are halved: a sigmoid is then a tanh."""

    inputs: Floats
    recurrents: Floats
    biases: Floats

    @classmethod
    def of(cls, inputs: Floats, recurrents: Floats, biases: Floats) -> _Layer:
        half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype=np.float32), HIDDEN)
        weights = [np.ascontiguousarray((part * half[:, None]).swapaxes(1, 2)) for part in (inputs, recurrents)]
        return cls(weights[0], weights[1], biases * half)

    def run(self, x: Floats) -> Floats:
        """Return the states of both directions `(batch, time, 256)` over `(batch, time, features)`."""
        both = np.stack([x, x[:, ::-1]])
        inputs = np.matmul(both, self.inputs[:, None]) + self.biases[:, None, None]
        hidden = np.zeros((2, len(x), HIDDEN), dtype=np.float32)
        cell, found = np.zeros_like(hidden), np.empty((2, len(x), x.shape[1], HIDDEN), dtype=np.float32)
        for time in range(x.shape[1]):
            gates = np.tanh(inputs[:, :, time] + hidden @ self.recurrents)
            opened = 0.5 * gates + 0.5
            cell = opened[..., HIDDEN : 2 * HIDDEN] * cell + opened[..., :HIDDEN] * gates[..., 2 * HIDDEN : 3 * HIDDEN]
            hidden = found[:, :, time] = opened[..., 3 * HIDDEN :] * np.tanh(cell)
        return np.concatenate([found[0], found[1][:, ::-1]], axis=2)


def _convolution(x: Floats, weight: Floats, stride: int) -> Floats:
    """Return `(filters, time)` of `(channels, time)` and `(filters, channels, width)`."""
    width = weight.shape[2]
    seen = np.lib.stride_tricks.sliding_window_view(x, width, axis=1)[:, ::stride].transpose(0, 2, 1)
    return np.asarray(weight.reshape(len(weight), -1) @ seen.reshape(-1, seen.shape[2]))


def _pool(x: Floats) -> Floats:
    return np.asarray(x[:, : x.shape[1] // 3 * 3].reshape(len(x), -1, 3).max(axis=2))


def _instance_norm(x: Floats) -> Floats:
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(variance + np.float32(EPSILON)))


def _affine(x: Floats, scale: Floats, shift: Floats) -> Floats:
    return np.asarray(x * scale[:, None] + shift[:, None])


def _leaky(x: Floats) -> Floats:
    return np.asarray(np.maximum(x, LEAK * x))
