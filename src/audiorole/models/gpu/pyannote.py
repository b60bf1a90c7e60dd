"""pyannote segmentation-3.0 on a GPU by torch, whose LSTM runs all windows of a block together."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiorole.models.gpu.precision import full_precision
from audiorole.models.ports import Floats
from audiorole.models.speech.pyannote import PyannoteActivity
from audiorole.models.speech.pyannote_weights import (
    EPSILON,
    HIDDEN,
    LAYERS,
    LEAK,
    SINC_STRIDE,
    lstm_layers,
    sinc_filters,
)


class PyannoteOnGpu(PyannoteActivity):
    """Speech, overlap and changes of speaker, by torch. device: torch's name of it."""

    windows_per_call: ClassVar[int] = 40

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cuda") -> None:
        self._device = torch.device(device)
        super().__init__(location, threads)

    def _open(self, buffers: list[Floats], threads: int) -> Callable[[Floats], Floats]:
        network = SegmentationNetwork(buffers).to(self._device).eval()

        @full_precision
        @torch.inference_mode()
        def run(waveforms: Floats) -> Floats:
            return np.asarray(network(torch.from_numpy(waveforms).to(self._device)).cpu().numpy())

        return run


class SegmentationNetwork(nn.Module):
    """Waveforms `(batch, 1, 160000)` → class probabilities `(batch, 589, 7)`."""

    def __init__(self, buffers: list[Floats]) -> None:
        super().__init__()
        for place, values in enumerate(buffers):
            self.register_buffer(f"b{place}", torch.from_numpy(np.array(values)))
        self.register_buffer("filters", torch.from_numpy(sinc_filters(*buffers[2:6])))
        self.lstm = nn.LSTM(60, HIDDEN, LAYERS, bidirectional=True, batch_first=True)
        self.lstm.load_state_dict(_lstm_state(buffers[16]))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the probabilities."""
        x = _normalised(waveforms, self._buffer(0), self._buffer(1))
        x = F.conv1d(x, self.get_buffer("filters"), stride=SINC_STRIDE).abs()
        for stage in range(3):
            if stage > 0:
                x = F.conv1d(x, self._buffer(4 + 2 * stage), self._buffer(5 + 2 * stage))
            x = _normalised(F.max_pool1d(x, 3), self._buffer(10 + 2 * stage), self._buffer(11 + 2 * stage))
            x = F.leaky_relu(x, float(LEAK))
        x, _ = self.lstm(x.transpose(1, 2))
        for first in (17, 19):
            x = F.leaky_relu(F.linear(x, self._buffer(first), self._buffer(first + 1)), float(LEAK))
        return torch.softmax(F.linear(x, self._buffer(21), self._buffer(22)), dim=2)

    def _buffer(self, place: int) -> Tensor:
        return self.get_buffer(f"b{place}")


def _normalised(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.instance_norm(x, weight=scale, bias=shift, eps=EPSILON)


def _lstm_state(flat: Floats) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for layer, parts in enumerate(lstm_layers(flat)):
        for direction, suffix in enumerate(("", "_reverse")):
            inputs, recurrents, biases = (torch.from_numpy(np.array(part[direction])) for part in parts)
            names = (f"weight_ih_l{layer}", f"weight_hh_l{layer}", f"bias_ih_l{layer}", f"bias_hh_l{layer}")
            values = (inputs, recurrents, biases, torch.zeros_like(biases))
            state |= {f"{name}{suffix}": value for name, value in zip(names, values, strict=True)}
    return state
