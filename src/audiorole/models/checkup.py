"""Measure the installed models on speech whose truth is known: do they still do here what they do elsewhere?"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from audiorole.audio.clip import read_clip
from audiorole.errors import InputError
from audiorole.models import load_model
from audiorole.models.ports import Floats, QualityEstimator, SpeakerEmbedder, TextScorer, Transcriber
from audiorole.models.ports import VoiceActivityDetector as Detector

T = TypeVar("T")

SAMPLE_RATE = 16000
NOISE_SNR_DB = 5.0
MIN_VOICE_SECONDS = 1.0
MIN_SWAP_LETTERS = 12  # a text as short as "Yes." fits many lines


class CheckupLine(msgspec.Struct, frozen=True):
    """A line of a truth file. segments: the spoken parts of it, seconds."""

    start: float
    end: float
    text: str
    character: str
    segments: tuple[tuple[float, float], ...] = ()


class _Truth(msgspec.Struct, frozen=True):
    lines: tuple[CheckupLine, ...]
    media: str = ""


@dataclass(frozen=True)
class KnownSpeech:
    """An episode with its truth; waveform: float32 `(num_samples,)`, 16 kHz."""

    waveform: Floats
    lines: tuple[CheckupLine, ...]

    @property
    def clips(self) -> list[Floats]:
        """Return the samples of every line."""
        return [self.waveform[int(x.start * SAMPLE_RATE) : int(x.end * SAMPLE_RATE)] for x in self.lines]


@dataclass(frozen=True)
class Measurement:
    """One measurement. good: whether it is where a healthy installation has it. speed: seconds of audio a second."""

    model: str
    what: str
    value: str
    good: bool
    speed: float


def read_known(truth: Path, media_folder: Path, seconds: float | None = None) -> KnownSpeech:
    """Read a truth file (JSON with `media` and `lines`) and its media, or the first `seconds` of both.

    Raises `InputError`.
    """
    try:
        found = msgspec.json.decode(truth.read_bytes(), type=_Truth)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(truth), f"is no truth file: {error}") from error
    lines = tuple(line for line in found.lines if seconds is None or line.end < seconds)
    return KnownSpeech(read_clip(media_folder / found.media, 0.0, seconds, SAMPLE_RATE), lines)


def check_detector(name: str, speech: KnownSpeech) -> Measurement:
    """Measure the share of speech found and of silence taken for speech, at one half."""
    model: Detector = load_model("voice-activity", name)
    probability, speed = _timed(lambda: model.speech_probability(speech.waveform), [speech.waveform])
    truth = np.zeros(len(probability), dtype=bool)
    for line in speech.lines:
        for start, end in line.segments or ((line.start, line.end),):
            truth[int(start * model.card.frame_rate) : int(end * model.card.frame_rate)] = True
    hit, false = float((probability > 0.5)[truth].mean()), float((probability > 0.5)[~truth].mean())
    return Measurement(name, "speech found / false alarm", f"{hit:.3f} / {false:.3f}", hit > 0.7 and false < 0.5, speed)


def check_voices(name: str, speech: KnownSpeech) -> Measurement:
    """Measure the equal error rate over all pairs of lines of at least a second."""
    model: SpeakerEmbedder = load_model("speaker-embedder", name)
    kept = [(x.character, clip) for x, clip in zip(speech.lines, speech.clips, strict=True) if _long(clip)]
    clips = [clip for _, clip in kept]
    voices, speed = _timed(lambda: model.embed(clips), clips)
    rate = equal_error_rate(voices, [character for character, _ in kept])
    return Measurement(name, f"equal error rate, {len(kept)} lines", f"{100 * rate:.1f} %", rate < 0.25, speed)


def check_words(name: str, speech: KnownSpeech, language: str) -> Measurement:
    """Measure the word error rate over all lines."""
    model: Transcriber = load_model("transcriber", name)
    clips = speech.clips
    found, speed = _timed(lambda: model.transcribe(clips, language), clips)
    pairs = [(_words(line.text), _words(heard.text)) for line, heard in zip(speech.lines, found, strict=True)]
    rate = sum(Levenshtein.distance(a, b) for a, b in pairs) / max(1, sum(len(a) for a, _ in pairs))
    return Measurement(name, "word error rate", f"{100 * rate:.1f} %", rate < 0.35, speed)


def check_agreement(name: str, speech: KnownSpeech, language: str) -> Measurement:
    """Measure the ROC AUC between lines with their own text and with the next line's."""
    model: TextScorer = load_model("text-scorer", name)
    long = [i for i, line in enumerate(speech.lines) if sum(c.isalpha() for c in line.text) >= MIN_SWAP_LETTERS]
    clips, texts = [speech.clips[i] for i in long], [speech.lines[i].text for i in long]
    own, speed = _timed(lambda: model.agreement(clips, texts, language), clips)
    other = model.agreement(clips, texts[1:] + texts[:1], language)
    scores = [[line.agreement or 0.0 for line in part] for part in (own, other)]
    area = float(np.mean([[(a > b) + 0.5 * (a == b) for b in scores[1]] for a in scores[0]]))
    return Measurement(name, "own text told from another's, AUC", f"{area:.3f}", area > 0.9, speed)


def check_quality(name: str, speech: KnownSpeech) -> Measurement:
    """Measure the mean score of the lines as they are and with white noise at 5 dB."""
    model: QualityEstimator = load_model("quality", name)
    clips, noise = speech.clips, np.random.default_rng(0)
    clean, speed = _timed(lambda: model.mos(clips), clips)
    noisy = model.mos([_noisy(clip, noise) for clip in clips])
    before, after = (float(np.mean([mos.overall for mos in part])) for part in (clean, noisy))
    return Measurement(name, "as it is / with noise at 5 dB", f"{before:.2f} / {after:.2f}", before > after, speed)


def equal_error_rate(voices: Floats, labels: Sequence[str]) -> float:
    """Return the rate at which as many pairs of one voice are refused as pairs of two accepted; 0 without either."""
    names: npt.NDArray[np.str_] = np.array(labels)
    first, second = np.triu_indices(len(names), 1)
    order = np.argsort(-(voices @ voices.T)[first, second])
    same = (names[first] == names[second])[order]
    if same.all() or not same.any():
        return 0.0
    refused, accepted = 1 - np.cumsum(same) / same.sum(), np.cumsum(~same) / (~same).sum()
    crossing = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[crossing] + accepted[crossing]) / 2)


def _timed(function: Callable[[], T], clips: Sequence[Floats]) -> tuple[T, float]:
    start = time.process_time()
    result = function()
    return result, sum(map(len, clips)) / SAMPLE_RATE / max(time.process_time() - start, 1e-9)


def _long(clip: Floats) -> bool:
    return len(clip) >= MIN_VOICE_SECONDS * SAMPLE_RATE


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w' ]", " ", text.lower()).split()


def _noisy(clip: Floats, generator: np.random.Generator) -> Floats:
    noise = generator.standard_normal(len(clip)).astype(np.float32)
    gain = np.sqrt(np.square(clip).mean() / max(float(np.square(noise).mean()), 1e-12) / 10 ** (NOISE_SNR_DB / 10))
    return np.clip(clip + np.float32(gain) * noise, -1, 1)
