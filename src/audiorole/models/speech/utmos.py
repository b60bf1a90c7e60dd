"""UTMOS (strong learner): naturalness of synthetic speech, trained on the VoiceMOS Challenge 2022."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model

from audiorole.errors import WeightsError
from audiorole.models.hub import SAMPLE_RATE, Hub
from audiorole.models.ports import Floats, ModelCard, Mos

ENCODER = "ssl_encoder.model."
JUDGE = 288
"""The listener whose embedding the authors take at inference; domain 0 is the challenge's main track."""
SHORTEST = 400
"""Samples that give one frame."""


class _Network(nn.Module):
    """wav2vec 2.0, a domain and a listener beside each frame, a BLSTM, a score per frame. Sizes from the weights."""

    def __init__(self, weights: Mapping[str, Tensor], config: Wav2Vec2Config) -> None:
        super().__init__()
        size = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        self.ssl_encoder = nn.ModuleDict({"model": Wav2Vec2Model(config)})
        self.domain_embedding = _table(weights["domain_embedding.weight"])
        self.judge_embedding = _table(weights["judge_embedding.weight"])
        hidden = size["decoder.weight_hh_l0"][1]
        self.decoder = nn.LSTM(size["decoder.weight_ih_l0"][1], hidden, batch_first=True, bidirectional=True)
        wide = size["classifier.0.weight"][0]
        self.classifier = nn.Sequential(nn.Linear(2 * hidden, wide), nn.ReLU(), nn.Dropout(), nn.Linear(wide, 1))
        self.load_state_dict(dict(weights), strict=True)

    def forward(self, waveform: Tensor) -> Tensor:
        """Return the score of `(1, num_samples)`, about 1 to 5."""
        frames = self.ssl_encoder["model"](waveform).last_hidden_state
        beside = [self.domain_embedding(torch.tensor([0])), self.judge_embedding(torch.tensor([self._judge()]))]
        wide = torch.cat([frames, *(part[:, None].expand(-1, frames.shape[1], -1) for part in beside)], dim=2)
        return self.classifier(self.decoder(wide)[0]).mean() * 2 + 3

    def _judge(self) -> int:
        return min(JUDGE, int(self.judge_embedding.num_embeddings) - 1)


def _table(rows: Tensor) -> nn.Embedding:
    """Return an embedding of the size of `rows`."""
    return nn.Embedding(rows.shape[0], rows.shape[1])


class Utmos(Hub):
    """A `QualityEstimator`; overall score only. Source: Saeki et al. 2022, arXiv:2204.02152."""

    name = "utmos"
    repository = "chaanks/UTMOS"
    licence = "MIT"
    files = ("utmos.ckpt",)

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        try:
            self._network = _Network(self.tensors(location, self.files[0]), self._config(location)).eval()
        except (KeyError, RuntimeError) as error:
            raise WeightsError(f"utmos: {self.files[0]} is not a UTMOS strong learner: {error}") from error
        self.card = ModelCard(self.name, self.licence, self.fingerprint(location), SAMPLE_RATE)

    def mos(self, waveforms: Sequence[Floats]) -> list[Mos]:
        """Return the scores within [1, 5]; a waveform too short for a frame is repeated to fill one."""
        return [Mos(overall=self._score(waveform)) for waveform in waveforms]

    def _score(self, waveform: Floats) -> float:
        samples = np.resize(waveform, max(SHORTEST, len(waveform))) if len(waveform) else np.zeros(SHORTEST)
        with torch.inference_mode():
            score = self._network(torch.from_numpy(samples.astype(np.float32))[None])
        return float(np.clip(float(score), 1.0, 5.0))

    @classmethod
    def _config(cls, location: str | None) -> Wav2Vec2Config:
        """Return the encoder's configuration: a folder's own, or wav2vec 2.0 base, which the checkpoint is."""
        folder = cls.local(location)
        options: dict[str, Any] = {"apply_spec_augment": False}
        return Wav2Vec2Config.from_pretrained(folder, **options) if _has_config(folder) else Wav2Vec2Config(**options)


def _has_config(folder: Any) -> bool:
    return folder is not None and (folder / "config.json").is_file()
