"""The hub tier: reference models from the Hugging Face hub or a folder, on torch.

location is a folder, or `[hf://]owner/repo[@revision]`. safetensors where they are published; a PyTorch checkpoint is
opened with `weights_only=True`, which runs no code.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from huggingface_hub import hf_hub_download
from transformers import AutoFeatureExtractor, AutoModel, AutoModelForAudioXVector, AutoTokenizer

from audiorole.core.vectors import unit
from audiorole.errors import WeightsError
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.weights import store as weights

SAMPLE_RATE = 16000


class Hub:
    """What hub models share: where they come from, and what they are called in a digest."""

    name: ClassVar[str]
    repository: ClassVar[str]
    licence: ClassVar[str]
    files: ClassVar[tuple[str, ...]] = ("*.safetensors",)
    """What holds the weights, as patterns within a folder."""

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of the folder's weights, or of repository and revision: pin one for a reproducible build."""
        folder = cls.local(location)
        if folder is not None:
            parts = [weights.sha256(path) for pattern in cls.files for path in sorted(folder.glob(pattern))]
        else:
            parts = [location or cls.repository]
        return hashlib.sha256("\n".join([cls.__name__, *parts]).encode()).hexdigest()

    @staticmethod
    def local(location: str | None) -> Path | None:
        """Return the folder that `location` names; None for a repository."""
        folder = Path(location) if location else None
        return folder if folder is not None and folder.is_dir() else None

    @classmethod
    def tensors(cls, location: str | None, name: str) -> dict[str, torch.Tensor]:
        """Return the tensors of a checkpoint `name` in the folder or repository. Raises WeightsError."""
        repository, revision = cls._repository(location)
        folder = cls.local(location)
        try:
            path = folder / name if folder else Path(hf_hub_download(repository, name, revision=revision))
            return dict(torch.load(path, map_location="cpu", weights_only=True))
        except (OSError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
            raise WeightsError(f"{cls.name} cannot be loaded from {repository!r}: {error}") from error

    @classmethod
    def _repository(cls, location: str | None) -> tuple[str, str | None]:
        repository, _, revision = (location or cls.repository).removeprefix("hf://").partition("@")
        return repository, revision or None

    @classmethod
    def _loaded(cls, factory: Any, location: str | None, **options: Any) -> Any:
        repository, revision = cls._repository(location)
        try:
            return factory.from_pretrained(repository, revision=revision, **options)
        except (OSError, ValueError) as error:
            raise WeightsError(f"{cls.name} cannot be loaded from {repository!r}: {error}") from error


class WavLmSv(Hub):
    """WavLM x-vectors as a `SpeakerEmbedder`. Source: Chen et al. 2022, arXiv:2110.13900."""

    name = "wavlm-sv"
    repository = "microsoft/wavlm-base-plus-sv"
    licence = "MIT"
    min_seconds: float = 0.4

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self._extractor = self._loaded(AutoFeatureExtractor, location)
        self._model = self._loaded(AutoModelForAudioXVector, location, use_safetensors=True).eval()
        dimension = int(self._model.config.xvector_output_dim)
        self.card = ModelCard(self.name, self.licence, self.fingerprint(location), SAMPLE_RATE, dimension)

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return the voices, float32 `(num_waveforms, dimension)`, L2 norm 1; zeros for a too short or silent one."""
        voices = np.zeros((len(waveforms), self.card.dimension), dtype=np.float32)
        for row, waveform in zip(voices, waveforms, strict=True):
            if len(waveform) >= self.min_seconds * SAMPLE_RATE and np.isfinite(waveform).all() and np.any(waveform):
                row[:] = self._voice(waveform)
        return voices

    def _voice(self, waveform: Floats) -> Floats:
        batch = self._extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        with torch.inference_mode():
            voice = self._model(**batch).embeddings[0].numpy()
        return unit(voice)


class MpNet(Hub):
    """all-mpnet-base-v2 as a `TextEmbedder`: mean of the last hidden states. Source: arXiv:1908.10084."""

    name = "mpnet"
    repository = "sentence-transformers/all-mpnet-base-v2"
    licence = "Apache-2.0"
    max_tokens: ClassVar[int] = 384

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self._tokenizer = self._loaded(AutoTokenizer, location)
        self._model = self._loaded(AutoModel, location, use_safetensors=True).eval()
        dimension = int(self._model.config.hidden_size)
        self.card = ModelCard(self.name, self.licence, self.fingerprint(location), sample_rate=0, dimension=dimension)

    def embed_texts(self, texts: Sequence[str]) -> Floats:
        """Return float32 `(num_texts, dimension)`, L2 norm 1; a row of zeros for an empty text."""
        meanings = np.zeros((len(texts), self.card.dimension), dtype=np.float32)
        for row, text in zip(meanings, texts, strict=True):
            if text.strip():
                row[:] = self._meaning(text)
        return meanings

    def _meaning(self, text: str) -> Floats:
        batch = self._tokenizer(text, truncation=True, max_length=self.max_tokens, return_tensors="pt")
        with torch.inference_mode():
            mean = self._model(**batch).last_hidden_state[0].mean(dim=0).numpy()
        return unit(mean)
