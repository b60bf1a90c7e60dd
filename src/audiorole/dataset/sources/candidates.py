"""A candidate: one subtitle file or track, read and split into lines, with what its text and its name say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.input.release.languages import two_letters
from audiorole.dataset.subtitles import Split, Subtitles
from audiorole.models.ports import Language
from audiorole.types import SubtitleSource

SURE, LETTERS = 0.95, 120
"""Probability and letters from which the language of a text is believed, rather than what its name says."""
FULL, PARTIAL = 0.4, 0.12
"""Share of the speech that the lines of a subtitle of all dialogue cover at least, and one of signs at most."""
MOST_CHARACTERS = 20000

# Written or spoken so much alike that a model of text or of speech takes one for another.
_ALIKE = (
    {"cs", "sk"}, {"no", "nb", "nn", "da", "sv"}, {"hr", "sr", "bs", "sl"}, {"pt", "gl", "es"}, {"ca", "es"},
    {"ru", "uk", "be", "bg"}, {"id", "ms"}, {"hi", "ur"}, {"zh", "yue"}, {"af", "nl"},
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A source that could be read. name: how messages name it; guess: the language of its text."""

    name: str
    source: SubtitleSource
    subtitles: Subtitles
    split: Split
    guess: Language

    @cached_property
    def text(self) -> str:
        """What its lines say."""
        return joined(self.split)

    @property
    def sure(self) -> bool:
        """Whether the text is long and clear enough to know its language by."""
        letters = sum(map(str.isalpha, self.text))
        return self.guess.probability >= SURE and letters >= LETTERS

    @property
    def language(self) -> str:
        """Two letters: of the text where that is sure, else what the name or the container says, or ""."""
        return two_letters(self.guess.code if self.sure else self.source.language)

    @property
    def named(self) -> float:
        """Share of its lines that say who speaks."""
        lines = self.split.lines
        return sum(bool(line.cue.speaker) for line in lines) / max(1, len(lines))

    @property
    def times(self) -> NDArray[np.float64]:
        """Starts and ends of its lines in seconds on its own clock, `(num_lines, 2)`."""
        return np.array([(line.start, line.end) for line in self.split.lines], dtype=np.float64).reshape(-1, 2)

    @property
    def texts(self) -> list[str]:
        """The text of each line."""
        return [line.text for line in self.split.lines]

    def coverage(self, speech_seconds: float) -> float:
        """Return how much of the speech its lines could be, by time and by letters, in [0, 1].

        1 where there is no speech to compare. Signs stand long and say little.
        """
        if speech_seconds <= 0:
            return 1.0
        by_time = _union(self.times) / speech_seconds
        by_letters = sum(_LETTER_SECONDS[bool(_DENSE.match(x))] for x in self.text if x.isalpha()) / speech_seconds
        return min(1.0, by_time, 2 * by_letters)

    def partial(self, speech_seconds: float) -> str:
        """Return what it holds instead of all dialogue, "" for a whole subtitle: cues are believed before flags."""
        share = self.coverage(speech_seconds)
        if share >= FULL and not self.source.commentary:
            return ""
        kind = next((words for flag, words in _KINDS if getattr(self.source, flag)), "")
        if kind and (share < FULL or self.source.commentary):
            return f"{kind}: its lines cover {share:.0%} of the speech"
        return f"its lines cover only {share:.0%} of the speech" if share < PARTIAL else ""


_DENSE = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTER_SECONDS = {False: 1 / 12, True: 1 / 4}
"""Seconds that saying a letter takes, by whether one stands for a syllable; half as fast still counts as all."""


def _union(times: NDArray[np.float64]) -> float:
    """Return the seconds that at least one of the spans covers; sorted by start."""
    if not len(times):
        return 0.0
    reached = np.concatenate([[times[0, 0]], np.maximum.accumulate(times[:-1, 1])])
    return float(np.maximum(0.0, times[:, 1] - np.maximum(times[:, 0], reached)).sum())


_KINDS = (
    ("commentary", "a commentary"),
    ("forced", "only what is foreign to the listener (forced)"),
    ("signs", "signs and songs"),
)


def joined(split: Split) -> str:
    """Return the words of a subtitle, as much as a language is told by."""
    return " ".join(line.text for line in split.lines)[:MOST_CHARACTERS]


def compatible(first: str, second: str) -> bool:
    """Return True where two codes may mean one language: equal, unknown, or easily taken for each other."""
    if not first or not second or first == second:
        return True
    return any({first, second} <= group for group in _ALIKE)
