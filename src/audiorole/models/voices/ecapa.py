"""ECAPA-TDNN trained on VoxCeleb: the speaker encoder that most papers compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch

from audiorole.core.vectors import unit
from audiorole.errors import WeightsError
from audiorole.models.hub import SAMPLE_RATE, Hub
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.voices.ecapa_network import EcapaNetwork as Network
from audiorole.models.voices.ecapa_network import log_mel
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import catalogue


class Ecapa(Hub):
    """A `SpeakerEmbedder`. Source: Desplanques et al. 2020, arXiv:2005.07143; weights by SpeechBrain."""

    name = "ecapa"
    repository = "speechbrain/spkrec-ecapa-voxceleb"
    licence = "Apache-2.0"
    files = ("embedding_model.ckpt",)
    min_seconds: float = 0.4

    weight: ClassVar[str] = "ecapa-voxceleb.ckpt"
    """The same file in the catalogue: where no location is named, the hub is not asked."""

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return the hash of the weights."""
        return super().fingerprint(location) if location else catalogue()[cls.weight].sha256

    @classmethod
    def weight_names(cls, location: str | None = None) -> tuple[str, ...]:
        """Return the weights of the catalogue that it reads; none where `location` brings others."""
        return () if location else (cls.weight,)

    @classmethod
    def tensors(cls, location: str | None, name: str) -> dict[str, torch.Tensor]:
        """Return the tensors of the checkpoint. Raises WeightsError."""
        if location:
            return super().tensors(location, name)
        return dict(torch.load(weights.path(cls.weight), map_location="cpu", weights_only=True))

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        try:
            self._network = Network(self.tensors(location, self.files[0])).eval()
        except (KeyError, RuntimeError) as error:
            raise WeightsError(f"ecapa: {self.files[0]} is not an ECAPA-TDNN: {error}") from error
        self.card = ModelCard(self.name, self.licence, self.fingerprint(location), SAMPLE_RATE, self._network.dimension)

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return the voices, float32 `(num_waveforms, dimension)`, L2 norm 1; zeros for a too short or silent one."""
        voices = np.zeros((len(waveforms), self.card.dimension), dtype=np.float32)
        for row, waveform in zip(voices, waveforms, strict=True):
            if len(waveform) >= self.min_seconds * SAMPLE_RATE and np.isfinite(waveform).all() and np.any(waveform):
                row[:] = self._voice(waveform)
        return voices

    def _voice(self, waveform: Floats) -> Floats:
        with torch.inference_mode():
            features = log_mel(torch.from_numpy(np.ascontiguousarray(waveform)), self._network.bands)
            voice = self._network(features)[0].numpy()
        return unit(voice)
