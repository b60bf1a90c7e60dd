"""What an evaluation reads: named lines, their audio, the cast. One shape, wherever it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.words import words
from audiorole.types import Character, Utterance

SAMPLE_RATE = 16_000
"""Hz of every waveform inside the evaluation: what each of its models hears."""

LEAST_SHARED = 1 / 3
"""Share of a text's words that others say too. Of 2,083 lines of a development series 30 lie below it, 21 of them cries
and spells; two characters who share no vocabulary are not one series."""

Waveform = NDArray[np.float32]
AudioLookup = Callable[[str], Waveform]
"""Line id → mono float32 waveform at `SAMPLE_RATE`."""


@dataclass(frozen=True)
class Corpus:
    """Named lines in order of their ids, and a way to hear them.

    lines: every line with a character, by id; audio: gives a line's waveform; cast: by name, may be empty.
    """

    lines: Mapping[str, Utterance]
    audio: AudioLookup
    cast: Mapping[str, Character] = field(default_factory=dict)
    name: str = ""

    @cached_property
    def by_character(self) -> dict[str, list[Utterance]]:
        """The lines of each character, in order of their ids."""
        found: dict[str, list[Utterance]] = {}
        for line in self.lines.values():
            found.setdefault(line.character, []).append(line)
        return found

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits over ids, spans, names, splits and texts."""
        digest = hashlib.sha256()
        for line in self.lines.values():
            facts = (line.id, f"{line.start:.3f}", f"{line.end:.3f}", line.character, line.split, line.text)
            digest.update("\x1f".join(facts).encode() + b"\n")
        return digest.hexdigest()[:12]

    @cached_property
    def shared_words(self) -> frozenset[str]:
        """The words that two characters or more say."""
        speakers: dict[str, set[str]] = {}
        for line in self.lines.values():
            for word in words(line.text):
                speakers.setdefault(word, set()).add(line.character)
        return frozenset(word for word, names in speakers.items() if len(names) > 1)

    def in_words(self, text: str) -> bool:
        """Return whether `text` is in words that others say too, and not an ape's cries or an invented language.

        No recogniser and no text model can read "Ooh, uck uck UNGH!". True for a single word, which may be a rare one.
        """
        told = words(text)
        return len(told) < 2 or sum(word in self.shared_words for word in told) >= LEAST_SHARED * len(told)

    def gender(self, character: str) -> str:
        """Return the gender that the cast gives, "" where it says nothing."""
        found = self.cast.get(character)
        return found.gender if found else ""


def corpus_of(lines: Iterable[Utterance], audio: AudioLookup, cast: Iterable[Character] = (), name: str = "") -> Corpus:
    """Return a corpus of the named `lines`; lines without a character stay out."""
    named = sorted((line for line in lines if line.character), key=lambda line: line.id)
    return Corpus({line.id: line for line in named}, audio, {one.name: one for one in cast}, name)
