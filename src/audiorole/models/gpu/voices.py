"""WeSpeaker and DNSMOS on a GPU: full precision, many windows a call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from audiorole.models.gpu.session import open_network
from audiorole.models.ports import Floats
from audiorole.models.speech.dnsmos import Dnsmos
from audiorole.models.voices.wespeaker import WeSpeaker


class WeSpeakerOnGpu(WeSpeaker):
    """WeSpeaker ResNet34 on a GPU. device: torch's name of it."""

    name: ClassVar[str] = "wespeaker"
    batch: ClassVar[int] = 64

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cuda") -> None:
        self._device = device
        super().__init__(location, threads)

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        network = open_network(path, self._device)
        return lambda features: network(features)[0]


class DnsmosOnGpu(Dnsmos):
    """DNSMOS P.808 on a GPU. device: torch's name of it."""

    batch: ClassVar[int] = 32

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cuda") -> None:
        self._device = device
        super().__init__(location, threads)

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        network = open_network(path, self._device)
        return lambda features: network(features)[0]
