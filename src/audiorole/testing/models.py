"""Models that hear tones as voices: every port of a build, without weights, in a moment.

    with audiorole.testing.fake_models():
        audiorole.build(folder, out, settings=["embed.embedder=fake", …])

Each speaker is a tone of a pitch of its own (`PITCH`, Hz).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.core.registry import offered
from audiorole.models.ports import ModelCard
from audiorole.types import Transcript

PITCH = {"ANNA": 220.0, "BEN": 700.0, "CORA": 1900.0}
"""Speaker of the tiny series → Hz."""


@dataclass
class _Fake:
    location: str | None = None
    threads: int = 1

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return what goes into digests."""
        return f"{cls.__name__}-1"


class LoudnessVad(_Fake):
    """Speech is what is loud."""

    card = ModelCard("fake", "none", "LoudnessVad-1", frame_rate=31.25)

    def speech_probability(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return 1 for each loud frame of 512 samples, float32 `(num_frames,)`."""
        frames = waveform[: len(waveform) // 512 * 512].reshape(-1, 512)
        loud: NDArray[np.float32] = (np.sqrt((frames**2).mean(axis=1)) > 0.02).astype(np.float32)
        return loud


class PitchEmbedder(_Fake):
    """A voice is where its energy lies."""

    card = ModelCard("fake", "none", "PitchEmbedder-1", dimension=16)
    min_seconds = 0.1

    def embed(self, waveforms: Sequence[NDArray[np.float32]], weighted: bool = False) -> NDArray[np.float32]:
        """Return the energy in 16 bands of each waveform, float32 `(num_waveforms, 16)`, L2 norm 1."""
        return np.array([self._voice(waveform) for waveform in waveforms], dtype=np.float32).reshape(-1, 16)

    def _voice(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        spectrum = np.abs(np.fft.rfft(waveform, 16000))[100:3300]
        bands = spectrum.reshape(16, -1).sum(axis=1)
        norm = float(np.linalg.norm(bands))
        voice: NDArray[np.float32] = (bands / norm if norm > 0 else bands).astype(np.float32)
        return voice


class PitchTranscriber(_Fake):
    """What is said is the name of the tone."""

    card = ModelCard("fake", "none", "PitchTranscriber-1")

    def transcribe(
        self, waveforms: Sequence[NDArray[np.float32]], language: str = "", words: bool = False
    ) -> list[Transcript]:
        """Return the name of each tone."""
        return [Transcript(text=self._heard(waveform), method="fake") for waveform in waveforms]

    def agreement(
        self, waveforms: Sequence[NDArray[np.float32]], texts: Sequence[str], language: str = ""
    ) -> list[Transcript]:
        """Return .9 for texts that hold "morning", else .1."""
        return [Transcript(agreement=0.9 if "morning" in text else 0.1, method="fake") for text in texts]

    def _heard(self, waveform: NDArray[np.float32]) -> str:
        spectrum = np.abs(np.fft.rfft(waveform, 16000))
        return min(PITCH, key=lambda name: abs(PITCH[name] - int(spectrum.argmax()))).lower()


MODELS = {
    "voice-activity": "LoudnessVad",
    "speaker-embedder": "PitchEmbedder",
    "transcriber": "PitchTranscriber",
    "text-scorer": "PitchTranscriber",
}


def fake_models() -> AbstractContextManager[None]:
    """Offer the models of this module under the name `fake` for a while."""
    return offered({f"audiorole.models.{kind}": {"fake": f"{__name__}:{name}"} for kind, name in MODELS.items()})
