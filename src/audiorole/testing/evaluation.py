"""A tiny synthetic cast and a listener without weights, for tests of metrics and systems: yours and ours.

    corpus = synthetic_corpus()
    listener = synthetic_listener(corpus)
    evaluation = Evaluation.prepare(corpus, SYNTHETIC_SUITE, listener)

Voices are harmonic tones behind a character's own spectral envelope, syllable by syllable; the recogniser knows every
line of the corpus by its samples and hears nothing in anything else.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform, corpus_of
from audiorole.evaluation.hearing.bands import log_bands
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.suite import Enrolment, ItemSelection, ListenerModels, Suite
from audiorole.evaluation.words import words
from audiorole.models.ports import Floats, Frames, ModelCard, Mos
from audiorole.types import Character, Naming, Place, Transcript, Utterance

SYNTHETIC_SUITE = Suite(
    name="synthetic",
    items=ItemSelection(num_roles=2, items_per_role=6, min_items=3, min_seconds=0.8),
    enrolment=Enrolment(min_lines=5, min_seconds=8.0, impostors=2),
    models=ListenerModels(speaker="bands", asr="lookup", quality="flatness", vad="energy", text="hashed-words"),
    seeds=2,
)

CAST = (
    Character(name="Ada", gender="female"),
    Character(name="Bea", gender="female"),
    Character(name="Cleo", gender="female"),
    Character(name="Dan", gender="male"),
    Character(name="Eli", gender="male"),
    Character(name="Finn", gender="male"),
)

_SUBJECTS = (
    "the river",
    "my brother",
    "that old engine",
    "the captain",
    "our ship",
    "this letter",
    "the storm",
    "gold",
)
_VERBS = ("will never reach", "has forgotten", "burns for", "keeps hiding from", "waits outside", "belongs to")
_OBJECTS = ("the harbour", "a better day", "every single one of us", "the northern road", "nobody", "the lighthouse")
_HABITS = ("indeed", "you see", "by thunder", "darling", "listen", "honestly")


def synthetic_corpus(episodes: int = 4, lines_per_episode: int = 18, seed: int = 0) -> Corpus:
    """Return a corpus of six characters; every second episode is the test split."""
    lines = synthetic_lines(episodes, lines_per_episode, seed)
    waves = {line.id: speak(line) for line in lines}
    return corpus_of(lines, waves.__getitem__, CAST, name="synthetic")


def synthetic_lines(episodes: int, lines_per_episode: int, seed: int = 0) -> list[Utterance]:
    """Return the lines of that corpus; `speak` gives the sound of each."""
    rng = np.random.default_rng(seed)
    return [line for number in range(episodes) for line in _episode(number, lines_per_episode, rng)]


def _episode(number: int, count: int, rng: np.random.Generator) -> list[Utterance]:
    episode = f"toy/e{number:02d}"
    found: list[Utterance] = []
    for at in range(count):
        who = (at + number) % len(CAST)
        said = (_SUBJECTS, _VERBS, _OBJECTS)
        text = " ".join([_HABITS[who].capitalize() + ",", *(part[rng.integers(len(part))] for part in said)])
        text += f" in {_number(int(rng.integers(1000)))}."
        duration = 0.22 * len(words(text)) + 0.2 * float(rng.random())
        context = tuple(line.id for line in found[-8:])
        found.append(
            Utterance(
                id=f"{episode}/u{at:05d}",
                start=3.0 * at,
                end=3.0 * at + duration,
                text=text,
                language="en",
                naming=Naming(character=CAST[who].name, probability=1.0),
                place=Place(scene=f"{episode}/c0", dialogue=f"{episode}/d0", turn=at, context=context),
                split="test" if number % 2 else "train",
            )
        )
    return found


_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _number(value: int) -> str:
    return " ".join(_DIGITS[int(digit)] for digit in f"{value:03d}")


def speak(line: Utterance) -> Waveform:
    """Return the line's waveform: the same samples whenever it is asked for."""
    rng = np.random.default_rng(zlib.crc32(line.id.encode()))
    who = [one.name for one in CAST].index(line.character)
    tokens = words(line.text)
    size = round(line.duration * SAMPLE_RATE / len(tokens))
    return np.concatenate([_syllable(who, token, size, rng) for token in tokens]).astype(np.float32)


def _syllable(who: int, token: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return one word: harmonics of the character's pitch under its envelope, coloured by the word."""
    base = (110.0, 220.0)[CAST[who].gender == "female"] * (0.9, 1.0, 1.12)[who % 3]
    pitch = base * 2 ** (rng.normal(0, 2.0) / 12)
    time = np.arange(size) / SAMPLE_RATE
    shape = np.random.default_rng(100 + who).normal(0, 1.2, 32)
    colour = np.random.default_rng(zlib.crc32(token.encode())).normal(0, 0.5, 32)
    harmonics = np.arange(1, int(4500 / pitch))
    levels = np.interp(harmonics * pitch, np.linspace(0, 5000, 32), shape + colour)
    wave = (np.exp(levels) / harmonics) @ np.sin(2 * np.pi * pitch * np.outer(harmonics, time))
    envelope = np.minimum(1, np.minimum(time, time[::-1]) / 0.03)
    return np.asarray(0.2 * wave / np.abs(wave).max() * envelope + rng.normal(0, 1e-3, size))


def synthetic_listener(corpus: Corpus) -> Listener:
    """Return a listener for `corpus` that needs no weights."""
    return Listener(
        vad=EnergyVad(), speakers={"bands": BandVoices()}, asr=LookupTranscriber.of(corpus),
        quality=FlatnessQuality(), text=HashedWords(),
    )  # fmt: skip


def _flatness(waveform: Floats) -> float:
    """Return the spectral flatness in [0, 1]: near 0 for tones, near 0.56 for white noise."""
    power = np.abs(np.fft.rfft(waveform)) ** 2 + 1e-12
    return float(np.exp(np.mean(np.log(power))) / np.mean(power))


def _card(name: str, dimension: int = 0, frame_rate: float = 0.0) -> ModelCard:
    return ModelCard(name, "Apache-2.0", name, SAMPLE_RATE, dimension, frame_rate)


class EnergyVad:
    """Speech is what is loud and not noise."""

    card = _card("energy", frame_rate=31.25)

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return 1 or 0 per frame of 32 ms."""
        count = max(1, len(waveform) // 512)
        blocks = np.resize(waveform, (count, 512)) if len(waveform) else np.zeros((1, 512))
        speech = [
            float(np.sqrt(np.mean(block**2)) > 0.005 and _flatness(block) < 0.3) for block in blocks.astype(np.float32)
        ]
        return np.array(speech, dtype=np.float32)


class BandVoices:
    """The voice is the mean spectral envelope."""

    card = _card("bands", dimension=20)
    min_seconds = 0.2

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return float32 `(num_waveforms, 20)`, L2 norm 1; zeros for a short or silent one."""
        return np.stack([self._voice(waveform) for waveform in waveforms])

    def _voice(self, waveform: Floats) -> Floats:
        if len(waveform) < self.min_seconds * SAMPLE_RATE or not np.any(waveform):
            return np.zeros(20, dtype=np.float32)
        mean = log_bands(waveform).mean(axis=0)
        shape = mean - mean.mean()
        return np.asarray(shape / max(float(np.linalg.norm(shape)), 1e-9), dtype=np.float32)


@dataclass(frozen=True)
class LookupTranscriber:
    """Knows the corpus's lines by their samples; whatever else it hears is gibberish, and silence is nothing."""

    texts: dict[str, str]
    card: ClassVar[ModelCard] = _card("lookup")

    @classmethod
    def of(cls, corpus: Corpus) -> LookupTranscriber:
        """Return a recogniser of every line in `corpus`."""
        return cls({_samples(corpus.audio(line.id)): line.text for line in corpus.lines.values()})

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        """Return the transcripts."""
        return [self._transcript(waveform) for waveform in waveforms]

    def _transcript(self, waveform: Floats) -> Transcript:
        if not np.any(waveform):
            return Transcript()
        key = _samples(waveform)
        return Transcript(text=self.texts.get(key, f"zzyx qua {key[:4]}"), language="en")


def _samples(waveform: Floats) -> str:
    """Return a key of the samples as 16-bit PCM, so that a FLAC of the line is the line."""
    return hashlib.sha256(np.rint(waveform * 32768).astype("<i2").tobytes()).hexdigest()


class FlatnessQuality:
    """Quality falls with spectral flatness: noise is 1, a tone 4.5."""

    card = _card("flatness")

    def mos(self, waveforms: Sequence[Floats]) -> list[Mos]:
        """Return the scores."""
        scores = [
            float(np.clip(4.5 - 8 * _flatness(waveform) if np.any(waveform) else 1.0, 1, 5)) for waveform in waveforms
        ]
        return [Mos(speech=score, background=score, overall=score) for score in scores]


class HashedWords:
    """A bag of words, hashed into 256 dimensions."""

    card = _card("hashed-words", dimension=256)

    def embed_texts(self, texts: Sequence[str]) -> Floats:
        """Return float32 `(num_texts, 256)`, L2 norm 1; zeros for an empty text."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Floats:
        vector = np.zeros(256, dtype=np.float32)
        for token in words(text):
            vector[zlib.crc32(token.encode()) % 256] += 1
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
