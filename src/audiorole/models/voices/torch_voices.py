"""Voice encoders in torch: as models behind the port, and as networks that a gradient passes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.voices.campplus_network import CamPlusVoice
from audiorole.models.voices.ge2e_network import Ge2eVoice
from audiorole.models.voices.resnet_network import ResNetVoice

RATE = 16_000


class TorchVoices(Embedded):
    """A `SpeakerEmbedder`; each waveform runs by itself."""

    name: ClassVar[str]
    dimension: ClassVar[int]
    network_class: ClassVar[type[nn.Module]]
    min_seconds: float = 0.4

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self.network = self.network_class(self.weight_paths(location)[0]).eval()
        self.card = ModelCard(self.name, self.licence(), self.fingerprint(location), RATE, self.dimension)

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return the voices, float32 `(num_waveforms, dimension)`; see `SpeakerEmbedder.embed`."""
        voices = np.zeros((len(waveforms), self.dimension), dtype=np.float32)
        for row, waveform in zip(voices, waveforms, strict=True):
            if len(waveform) >= self.min_seconds * RATE and np.isfinite(waveform).all() and np.any(waveform):
                with torch.inference_mode():
                    row[:] = self.network(torch.from_numpy(np.array(waveform, dtype=np.float32))[None])[0].numpy()
        return voices


class CamPlus(TorchVoices):
    """192 dimensions. Source: Wang et al. 2023, arXiv:2303.00332; weights by 3D-Speaker."""

    name = "campplus"
    weights = ("campplus-zh-en.pt",)
    dimension = 192
    network_class = CamPlusVoice


class Ge2e(TorchVoices):
    """256 dimensions. Source: Wan et al. 2018, arXiv:1710.10467; weights by Resemblyzer."""

    name = "ge2e"
    weights = ("resemblyzer-ge2e.pt",)
    dimension = 256
    network_class = Ge2eVoice


class TorchWeSpeaker(TorchVoices):
    """The network of `wespeaker-fp32` where a gradient passes through; hears the whole waveform, not its middle."""

    name = "wespeaker-torch"
    weights = ("wespeaker-resnet34.onnx",)
    dimension = 256
    network_class = ResNetVoice
