"""WeSpeaker and DNSMOS on a GPU, many windows a call: WeSpeaker in 8 bits as on the CPU, DNSMOS in full precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
from onnx import ModelProto

from audiorole.models.gpu.quantised import quantised
from audiorole.models.gpu.session import Network, open_network, read_onnx
from audiorole.models.ports import Floats
from audiorole.models.speech.dnsmos import Dnsmos
from audiorole.models.voices.int8_ranges import ACTIVATION_RANGES
from audiorole.models.voices.wespeaker import WeSpeaker


class WeSpeakerFp32OnGpu(WeSpeaker):
    """WeSpeaker ResNet34 on a GPU in full precision. device: torch's name of it."""

    batch: ClassVar[int] = 8
    rest: ClassVar[int] = 8

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cuda") -> None:
        self._device = device
        super().__init__(location, threads)

    def _read(self, path: Path) -> ModelProto:
        return read_onnx(path)

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        return filled(open_network(self._read(path), self._device), self.batch)


class WeSpeakerOnGpu(WeSpeakerFp32OnGpu):
    """The same, rounded as `WeSpeakerInt8` rounds."""

    name: ClassVar[str] = "wespeaker"

    def _read(self, path: Path) -> ModelProto:
        return quantised(path, ACTIVATION_RANGES)


class DnsmosOnGpu(Dnsmos):
    """DNSMOS P.808 on a GPU. device: torch's name of it."""

    batch: ClassVar[int] = 16

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cuda") -> None:
        self._device = device
        super().__init__(location, threads)

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        return filled(open_network(read_onnx(path), self._device), self.batch)


def filled(network: Network, size: int) -> Callable[[Floats], Floats]:
    """Return the first output of `network` for up to `size` rows, which are given to it as `size` rows, zeros last.

    cuDNN plans each convolution anew for every shape that it meets, in milliseconds: the last rows of a batch would
    cost more than all before them.
    """

    def run(features: Floats) -> Floats:
        empty = np.zeros((size - len(features), *features.shape[1:]), np.float32)
        return network(np.concatenate([features, empty]))[0][: len(features)]

    return run
