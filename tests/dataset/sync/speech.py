"""Dialogue that detectors hear as one long speech: only its words tell where a cue lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync import HeardWords
from audiorole.types import Word

FRAME_RATE = 31.25
Floats = NDArray[np.float64]
SYLLABLES = [a + b for a in "bcdfghjklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "is")]


def dialogue(seed: int, duration: float = 60.0, first: float = 0.5) -> tuple[Floats, list[str]]:
    """Return cues `(num_cues, 2)` that follow each other at once, and their texts, 12 characters a second."""
    rng = np.random.default_rng(seed)
    times, texts, now = [], [], first
    while now < duration - 4:
        length = float(rng.uniform(1.5, 4.0))
        words = ("".join(rng.choice(SYLLABLES, rng.integers(1, 4))) for _ in range(40))
        text = ""
        while len(text) < 12 * length:
            text += next(words) + " "
        times.append((now, now + length))
        texts.append(text.strip().capitalize() + ".")
        now += length + float(rng.uniform(0.0, 0.1))
    return np.array(times), texts


def dense(duration: float) -> NDArray[np.float32]:
    """Return the probability of speech of audio in which nobody ever pauses."""
    noise = np.random.default_rng(9).normal(0, 0.01, round(duration * FRAME_RATE))
    return np.clip(0.95 + noise, 0, 1).astype(np.float32)


@dataclass
class Listener:
    """A recogniser: it hears the true words a little early or late and gets every fourth wrong.

    times, texts: the truth on the audio's clock; asked: the spans it was asked for.
    """

    times: Floats
    texts: list[str]
    language: str = "en"
    wrong: float = 0.25
    asked: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, spans: Sequence[tuple[float, float]]) -> list[HeardWords]:
        self.asked += spans
        return [self._heard(*span) for span in spans]

    def _heard(self, start: float, end: float) -> HeardWords:
        rng = np.random.default_rng(round(start * 10))
        words = []
        for (first, last), text in zip(self.times, self.texts, strict=True):
            parts = text.split()
            bounds = first + (last - first) * np.cumsum([0, *map(len, parts)]) / sum(map(len, parts))
            for word, begin, stop in zip(parts, bounds[:-1], bounds[1:], strict=True):
                if start <= begin and stop <= end:
                    late = rng.normal(0.0, 0.1)
                    said = "".join(rng.choice(SYLLABLES, 2)) if rng.random() < self.wrong else word.upper()
                    words.append(Word(text=said, start=float(begin + late), end=float(stop + late), probability=0.7))
        return HeardWords(start=start, end=end, words=tuple(words), language=self.language)
