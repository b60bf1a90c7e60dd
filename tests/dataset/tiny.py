"""A series of seconds, and models that hear tones as voices: what the whole line can be run on in a moment.

Each speaker is a tone of a pitch of its own; between lines there is faint noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.core.config import Tables, with_settings
from audiorole.dataset.build import BuildOptions, BuildResult, build
from audiorole.models.ports import ModelCard
from audiorole.runners.local import InProcess
from audiorole.types import Transcript
from tests.media import RATE, write_media

PITCH = {"ANNA": 220.0, "BEN": 700.0, "CORA": 1900.0}
Line = tuple[float, float, str, str]
"""(start, end, speaker, text)."""

LINES: tuple[Line, ...] = (
    (0.5, 1.7, "ANNA", "Good morning to you all."),
    (2.2, 3.2, "BEN", "Is it morning already?"),
    (3.8, 5.0, "ANNA", "It has been for hours."),
    (5.5, 6.4, "CORA", "Then I want my breakfast."),
    (7.0, 7.9, "BEN", "So do we, so do we."),
    (8.5, 9.5, "CORA", "Nobody has seen the eggs."),
)

SETTINGS = (
    "listen.vad=fake",
    "listen.overlap=",
    "sync.method=none",
    "validate.scorer=",
    "validate.transcriber=",
    "subtitles.identifier=",
    "subtitles.spoken_language=",
    "subtitles.transcriber=",
    "validate.text_language=",
    "language.identifier=",
    "embed.embedder=fake",
    "name.embedder=fake",
    "name.min_lines=2",
    "quality.estimator=",
    "curate.keep_duplicates=true",
)


def sound(lines: Sequence[Line] = LINES, seconds: float = 10.0, seed: int = 0) -> NDArray[np.float32]:
    """Return the episode as float32 `(num_samples,)` at 48 kHz."""
    waveform = np.random.default_rng(seed).normal(0, 0.001, round(seconds * RATE)).astype(np.float32)
    for start, end, speaker, _ in lines:
        first, last = round(start * RATE), round(end * RATE)
        clock = np.arange(last - first) / RATE
        waveform[first:last] += (0.3 * np.sin(2 * np.pi * PITCH[speaker] * clock)).astype(np.float32)
    return waveform


def srt(lines: Sequence[Line] = LINES) -> str:
    """Return the lines as an SDH subtitle."""
    blocks = (
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{speaker}: {text}\n"
        for number, (start, end, speaker, text) in enumerate(lines, start=1)
    )
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    total = round(seconds * 1000)
    return f"{total // 3600000:02d}:{total // 60000 % 60:02d}:{total // 1000 % 60:02d},{total % 1000:03d}"


def write_episode(
    folder: Path, name: str = "Show.S01E01.flac", lines: Sequence[Line] = LINES, seed: int = 0, **media: Any
) -> Path:
    """Write media and subtitle of an episode; return the media file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write_media(folder / name, sound(lines, seed=seed), **media)
    path.with_suffix(".srt").write_text(srt(lines))
    return path


def write_series(folder: Path, episodes: int = 2) -> list[Path]:
    """Write episodes that differ a little."""
    return [write_episode(folder, f"Show.S01E{n:02d}.flac", seed=n) for n in range(1, episodes + 1)]


def tables(*settings: str) -> Tables:
    """Return the recipe of the tiny series with `settings` on top."""
    return with_settings({}, [*SETTINGS, *settings])


def tiny_build(target: Path, out: Path, *settings: str) -> BuildResult:
    """Build with the models of this file, in this process."""
    return build(BuildOptions(target, out, tables(*settings)), InProcess())


@dataclass
class _Fake:
    location: str | None = None
    threads: int = 1

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        return f"{cls.__name__}-1"


class LoudnessVad(_Fake):
    """Speech is what is loud."""

    card = ModelCard("fake", "none", "LoudnessVad-1", frame_rate=31.25)

    def speech_probability(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = waveform[: len(waveform) // 512 * 512].reshape(-1, 512)
        return (np.sqrt((frames**2).mean(axis=1)) > 0.02).astype(np.float32)


class PitchEmbedder(_Fake):
    """A voice is where its energy lies."""

    card = ModelCard("fake", "none", "PitchEmbedder-1", dimension=16)
    min_seconds = 0.1

    def embed(self, waveforms: Sequence[NDArray[np.float32]], weighted: bool = False) -> NDArray[np.float32]:
        return np.array([self._voice(waveform) for waveform in waveforms], dtype=np.float32).reshape(-1, 16)

    def _voice(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        spectrum = np.abs(np.fft.rfft(waveform, 16000))[100:3300]
        bands = spectrum.reshape(16, -1).sum(axis=1)
        norm = float(np.linalg.norm(bands))
        return (bands / norm if norm > 0 else bands).astype(np.float32)


class PitchTranscriber(_Fake):
    """What is said is the name of the tone."""

    card = ModelCard("fake", "none", "PitchTranscriber-1")

    def transcribe(
        self, waveforms: Sequence[NDArray[np.float32]], language: str = "", words: bool = False
    ) -> list[Transcript]:
        return [Transcript(text=self._heard(waveform), method="fake") for waveform in waveforms]

    def agreement(
        self, waveforms: Sequence[NDArray[np.float32]], texts: Sequence[str], language: str = ""
    ) -> list[Transcript]:
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
