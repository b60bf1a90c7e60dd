"""The hub tier: reference models that transformers loads from the Hugging Face hub or a folder, on torch.

location is a folder, or `[hf://]owner/repo[@revision]`; safetensors only, nothing is unpickled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from transformers import AutoFeatureExtractor, AutoModel, AutoModelForAudioXVector, AutoTokenizer

from audiorole.errors import WeightsError
from audiorole.models import weights
from audiorole.models.ports import Floats, ModelCard

SAMPLE_RATE = 16000


class _Hub:
    """What hub models share: where they come from, and what they are called in a digest."""

    name: ClassVar[str]
    repository: ClassVar[str]
    licence: ClassVar[str]

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of the folder's weights, or of repository and revision: pin one for a reproducible build."""
        folder = Path(location) if location else None
        if folder is not None and folder.is_dir():
            parts = [weights.sha256(path) for path in sorted(folder.glob("*.safetensors"))]
        else:
            parts = [location or cls.repository]
        return hashlib.sha256("\n".join([cls.__name__, *parts]).encode()).hexdigest()

    @classmethod
    def _loaded(cls, factory: Any, location: str | None, **options: Any) -> Any:
        repository, _, revision = (location or cls.repository).removeprefix("hf://").partition("@")
        try:
            return factory.from_pretrained(repository, revision=revision or None, **options)
        except (OSError, ValueError) as error:
            raise WeightsError(f"{cls.name} cannot be loaded from {repository!r}: {error}") from error


class WavLmSv(_Hub):
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

    def embed(self, waveforms: Sequence[Floats]) -> Floats:
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
        return np.asarray(voice / max(float(np.linalg.norm(voice)), 1e-12), dtype=np.float32)


class MpNet(_Hub):
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
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)
