"""The model ports: what the pipeline may ask of a perception model. numpy goes in, arrays and records come out.

Waveforms are float32 `(num_samples,)`, mono, in [-1, 1], at the model's `card.sample_rate` (16 kHz unless it says
otherwise). No tensor and no file path crosses a port. Every model is built as `Model(location, threads=1)`, where
`location` is the part of its reference after `@` (or None), and computes the same result for the same input
whatever else is in the batch, up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from audiorole.types import Transcript

if TYPE_CHECKING:
    from audiorole.models.talker.voice import TalkerVoice

Floats = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ModelCard:
    """What a model is. fingerprint: SHA-256 over its weights and the version of our code around them.

    sample_rate: Hz the model wants (0: no audio). dimension: of its vectors (0: none). frame_rate: frames a second.
    """

    name: str
    licence: str
    fingerprint: str
    sample_rate: int = 16000
    dimension: int = 0
    frame_rate: float = 0.0


@runtime_checkable
class Model(Protocol):
    """Anything behind a port."""

    @property
    def card(self) -> ModelCard:
        """Return what the model is."""
        ...


class VoiceActivityDetector(Model, Protocol):
    """Where there is speech."""

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return the probability of speech per frame, float32 `(num_frames,)` in [0, 1].

        Frame i covers `[i, i + 1) / card.frame_rate` seconds; the last frame may reach past the end.
        """
        ...


@dataclass(frozen=True)
class SpeakerActivity:
    """Per frame, float32 `(num_frames,)` each, in [0, 1].

    speech, overlap: probability that anyone speaks, and that two or more do. change: how surely one person stops
    speaking around here and another starts.
    """

    speech: Frames
    overlap: Frames
    change: Frames


class OverlapDetector(Model, Protocol):
    """Where people talk over each other."""

    def speaker_activity(self, waveform: Floats) -> SpeakerActivity:
        """Return the activity per frame; frame i is centred on `(i + 0.5) / card.frame_rate` seconds."""
        ...


class SpeakerEmbedder(Model, Protocol):
    """The voice of a waveform: a direction, and a length that says how well it was heard."""

    @property
    def min_seconds(self) -> float:
        """Return the shortest waveform that gets a voice."""
        ...

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return the voices, float32 `(num_waveforms, card.dimension)`, L2 norm 1.

        weighted: give each voice the length that says how well it was heard, as `audiorole.naming.voices.clarity`
        reads it; an embedder for which that was not measured leaves 1.
        A waveform under `min_seconds`, or one that holds NaN or only zeros, gets a row of zeros: expected failure
        is data, and zero is the one vector that is like nobody.
        """
        ...


class Transcriber(Model, Protocol):
    """Speech to text."""

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        """Return a transcript per waveform; times of words are seconds within the waveform.

        language: ISO 639-1, "" to detect. words: give word times (slower). A silent waveform gives text "".
        """
        ...


class TextScorer(Model, Protocol):
    """How well the audio supports a text that is already there, such as a subtitle."""

    def agreement(self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = "") -> list[Transcript]:
        """Return per waveform a transcript whose `agreement` is in [0, 1]; None for a text without a letter.

        Neighbouring lines should be given in time order: some models read several of them in one window.
        """
        ...


@dataclass(frozen=True)
class Mos:
    """Mean opinion scores in [1, 5]: overall; speech and background alone where the model tells them (ITU-T P.835)."""

    overall: float
    speech: float | None = None
    background: float | None = None


class QualityEstimator(Model, Protocol):
    """How good it sounds."""

    def mos(self, waveforms: Sequence[Floats]) -> list[Mos]:
        """Return the scores of each waveform; one shorter than the model's window is repeated to fill it."""
        ...


@dataclass(frozen=True)
class AudioTags:
    """Per frame, float32 `(num_frames,)` in [0, 1]: speech, singing, music."""

    speech: Frames
    singing: Frames
    music: Frames


class AudioTagger(Model, Protocol):
    """What kind of sound it is."""

    def tags(self, waveform: Floats) -> AudioTags:
        """Return tag probabilities per frame; frame i starts at `i / card.frame_rate` seconds."""
        ...


@dataclass(frozen=True)
class Language:
    """An ISO 639-1 code and the probability in [0, 1] that the model gives it; "" and 0 when it cannot say."""

    code: str
    probability: float


class TextLanguageIdentifier(Model, Protocol):
    """The language a text is written in."""

    def text_languages(self, texts: Sequence[str]) -> list[Language]:
        """Return the likeliest language of each text."""
        ...


class SpokenLanguageIdentifier(Model, Protocol):
    """The language that is spoken."""

    def spoken_languages(self, waveforms: Sequence[Floats]) -> list[Language]:
        """Return the likeliest language of each waveform (its first 30 s)."""
        ...


class Denoiser(Model, Protocol):
    """Speech without what surrounds it."""

    def denoise(self, waveform: Floats) -> Floats:
        """Return the enhanced waveform, same length, at `card.sample_rate`."""
        ...


class TextEmbedder(Model, Protocol):
    """The meaning of a sentence as a point on a sphere."""

    def embed_texts(self, texts: Sequence[str]) -> Floats:
        """Return float32 `(num_texts, card.dimension)`, L2 norm 1; a row of zeros for an empty text."""
        ...


@dataclass(frozen=True)
class Face:
    """A face in a picture: box in pixels, five landmarks `(5, 2)` (eyes, nose, mouth corners), score in [0, 1]."""

    left: float
    top: float
    width: float
    height: float
    score: float
    landmarks: Floats


class FaceDetector(Model, Protocol):
    """Where the faces are."""

    def faces(self, picture: Pixels) -> list[Face]:
        """Return the faces of `picture`, uint8 `(height, width, 3)` in RGB, surest first."""
        ...


class FaceEmbedder(Model, Protocol):
    """The identity of a face as a point on a sphere."""

    def embed_faces(self, picture: Pixels, faces: Sequence[Face]) -> Floats:
        """Return float32 `(num_faces, card.dimension)`, L2 norm 1."""
        ...


class Synthesiser(Model, Protocol):
    """Text, as phonemes, to speech in a given voice, at `card.sample_rate`."""

    def speak(self, phonemes: str, voice: TalkerVoice, pace: float = 1.0) -> Floats:
        """Return `phonemes` spoken in `voice`, float32 `(num_samples,)`; the same bytes for the same input.

        phonemes: symbols of `talker.vocabulary`, of any length; nothing pronounced gives no samples. pace: times as
        fast as the voice's own. Raises `ConfigError` for an unknown symbol or a voice of another base.
        """
        ...

    def stream(self, phonemes: str, voice: TalkerVoice, pace: float = 1.0) -> Iterator[Floats]:
        """Yield the same in parts, the first one short: as long as `speak`'s, and alike but not to the bit."""
        ...
