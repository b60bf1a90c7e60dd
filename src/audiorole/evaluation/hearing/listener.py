"""The listener: the models of a suite behind their ports, and a clip with everything that can be asked about it.

Every fact is computed when first asked for and stored under the hash of the audio, so the encoder, the recogniser and
the quality model each run once per clip, and a gold line that is also somebody's ceiling is heard once as well.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.evaluation.hearing.bands import Bands, log_bands
from audiorole.evaluation.hearing.prosody import Prosody, measure_prosody
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.models.ports import (
    Mos,
    QualityEstimator,
    SpeakerEmbedder,
    TextEmbedder,
    TextLanguageIdentifier,
    TextScorer,
    Transcriber,
    VoiceActivityDetector,
)
from audiorole.types import Transcript

Floats = NDArray[np.float32]
T = TypeVar("T")

WINDOW_SECONDS = 1.6
"""Window of the several-speakers gate: the partial utterance of Wan et al. 2018 (GE2E), under which EER grows fast."""

EDGE_PROBABILITY = 0.5
"""Silero's own default: where speech begins and ends."""

SPEECH_PROBABILITY = 0.3
"""From which a frame counts towards the seconds of speech: under music a third of a line's frames fall below 0.5,
white noise never passes 0.13 (docs/evaluation/gates.md)."""

EDGE_SECONDS = 0.1
"""Kept before the first and after the last speech frame: unvoiced onsets and releases lie there."""


@dataclass(frozen=True)
class SpeechBounds:
    """Where speech is in a clip. seconds: of speech frames; start, end: samples from first to last, with edges."""

    seconds: float
    start: int
    end: int


@dataclass
class Listener:
    """The models that hear. speakers: encoders by name, the first is the primary; None leaves a sense out.

    calls: how often each model really ran, for the speed figures and for the test that it is once per clip.
    """

    vad: VoiceActivityDetector
    speakers: dict[str, SpeakerEmbedder]
    asr: Transcriber | None = None
    quality: QualityEstimator | None = None
    second_quality: QualityEstimator | None = None
    text: TextEmbedder | None = None
    text_language: TextLanguageIdentifier | None = None
    scorer: TextScorer | None = None
    store: HearingStore = field(default_factory=HearingStore)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def primary(self) -> str:
        """The name of the primary voice encoder."""
        return next(iter(self.speakers))

    def hear(self, waveform: Waveform) -> Clip:
        """Return `waveform` (float32 mono at 16 kHz) as a clip; nothing runs before it is asked for.

        The samples are taken as 16-bit PCM has them: a clip and its FLAC on disk are one clip, heard alike.
        """
        return Clip(self, sixteen_bit(waveform))

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return float64 `(len(texts), dimension)`, L2 norm 1, each text embedded once. Needs a text model.

        float64, because the last bits of a float32 product depend on where the vectors lie in memory.
        """
        if self.text is None:
            raise ValueError("This listener has no text embedder.")
        return np.stack([self._text_vector(text, self.text) for text in texts]).astype(np.float64)

    def _text_vector(self, text: str, model: TextEmbedder) -> Floats:
        def embed() -> Floats:
            self.calls["text"] += 1
            return np.asarray(model.embed_texts([text])[0])

        return self.store.array(f"text:{model.card.fingerprint}", hashlib.sha256(text.encode()).hexdigest(), embed)


def sixteen_bit(waveform: Waveform) -> Waveform:
    """Return the samples as a 16-bit FLAC would give them back, float32."""
    return np.asarray(np.clip(np.rint(waveform * 32768.0), -32768, 32767) / 32768.0, dtype=np.float32)


class Clip:
    """One waveform and what is heard in it."""

    def __init__(self, listener: Listener, waveform: Waveform) -> None:
        self.listener, self.waveform = listener, waveform

    @cached_property
    def key(self) -> str:
        """SHA-256 of the samples as 16-bit PCM."""
        return hashlib.sha256((self.waveform * 32768.0).astype("<i2").tobytes()).hexdigest()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.waveform) / SAMPLE_RATE

    @cached_property
    def speech(self) -> SpeechBounds:
        """Where speech is."""
        model = self.listener.vad
        start, end, seconds = self._array("speech", model.card.fingerprint, lambda: self._find_speech(model))
        return SpeechBounds(float(seconds), int(start), int(end))

    @property
    def speech_duration(self) -> float:
        """Seconds from the first to the last speech frame: what the encoder hears and what buckets go by."""
        return (self.speech.end - self.speech.start) / SAMPLE_RATE

    @cached_property
    def spoken(self) -> Waveform:
        """The waveform from the first to the last speech frame; the whole of it where there is no speech."""
        found = self.speech
        return self.waveform[found.start : found.end] if found.end > found.start else self.waveform

    def voice(self, encoder: str = "") -> Floats:
        """Return the voice by `encoder` (the primary one), float32 `(dimension,)`; zeros where it is too short."""
        name = encoder or self.listener.primary
        model = self.listener.speakers[name]
        return self._array(
            f"voice {name}", self._trimmed_by(model.card.fingerprint), lambda: model.embed([self.spoken])[0]
        )

    @cached_property
    def window_voices(self) -> Floats:
        """The voices of windows of 1.6 s side by side, float32 `(num_windows, dimension)`, primary encoder."""
        model = self.listener.speakers[self.listener.primary]
        return self._array("windows", self._trimmed_by(model.card.fingerprint), lambda: model.embed(self._windows()))

    @cached_property
    def transcript(self) -> Transcript:
        """What the recogniser understands, its language found by itself; empty without a recogniser."""
        model = self.listener.asr
        if model is None:
            return Transcript()
        return self._record("asr", model.card.fingerprint, Transcript, lambda: model.transcribe([self.waveform])[0])

    def know(self, words: bool) -> None:
        """Hear now what a real line is wanted for, so that it is found in the store afterwards."""
        for name in self.listener.speakers:
            self.voice(name)
        _ = (self.prosody, self.transcript if words else None)

    def agreement(self, text: str) -> float | None:
        """Return the probability that `text` is what is said, by the scorer; None without one or without a letter."""
        model = self.listener.scorer
        if model is None:
            return None
        key = f"agreement {hashlib.sha256(text.encode()).hexdigest()[:16]}"
        found = self._record(
            key, model.card.fingerprint, Transcript, lambda: model.agreement([self.waveform], [text])[0]
        )
        return found.agreement

    def mos_by(self, second: bool = False) -> Mos | None:
        """Return the scores of the (second) quality model; None without one, or for an empty clip."""
        model = self.listener.second_quality if second else self.listener.quality
        if model is None or not len(self.waveform):
            return None
        name = "second_quality" if second else "quality"
        return self._record(name, model.card.fingerprint, Mos, lambda: model.mos([self.waveform])[0])

    @cached_property
    def bands(self) -> Bands:
        """Log band energies for copy and loop detection."""
        return log_bands(self.waveform)

    @cached_property
    def prosody(self) -> Prosody | None:
        """Pitch, rate, pauses and energy; None where too little is voiced."""
        found = self._record(
            "prosody", self._trimmed_by("1"), tuple[Prosody, ...], lambda: tuple(filter(None, [self._prosody()]))
        )
        return found[0] if found else None

    def _trimmed_by(self, fingerprint: str) -> str:
        """Return the key of a model that hears the trimmed clip: it depends on what trimmed it."""
        return f"{fingerprint}:{self.listener.vad.card.fingerprint}"

    def _prosody(self) -> Prosody | None:
        return measure_prosody(self.spoken)

    def _windows(self) -> list[Waveform]:
        size = round(WINDOW_SECONDS * SAMPLE_RATE)
        count = max(1, len(self.spoken) // size)
        return [self.spoken[at * size : (at + 1) * size] for at in range(count)]

    def _find_speech(self, model: VoiceActivityDetector) -> Floats:
        probability = model.speech_probability(self.waveform) if len(self.waveform) else np.zeros(0, dtype=np.float32)
        seconds = float(np.sum(probability >= SPEECH_PROBABILITY)) / model.card.frame_rate
        talking = np.flatnonzero(probability >= EDGE_PROBABILITY)
        if not len(talking):
            return np.array([0, 0, seconds], dtype=np.float32)
        edge, frame = EDGE_SECONDS * SAMPLE_RATE, SAMPLE_RATE / model.card.frame_rate
        start = max(0.0, talking[0] * frame - edge)
        end = min(float(len(self.waveform)), (talking[-1] + 1) * frame + edge)
        return np.array([start, end, seconds], dtype=np.float32)

    def _array(self, name: str, fingerprint: str, make: Callable[[], Floats]) -> Floats:
        def counted() -> Floats:
            self.listener.calls[name] += 1
            return make()

        return self.listener.store.array(f"{name}:{fingerprint}", self.key, counted)

    def _record(self, name: str, fingerprint: str, kind: type[T], make: Callable[[], T]) -> T:
        found = self.listener.store.get(f"{name}:{fingerprint}", self.key)
        if found is None:
            self.listener.calls[name.partition(" ")[0]] += 1
            found = msgspec.json.encode(make())
            self.listener.store.put(f"{name}:{fingerprint}", self.key, found)
        return msgspec.json.decode(found, type=kind)
