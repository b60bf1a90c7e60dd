"""What an evaluation reads: named lines, their audio, the cast. One shape, wherever it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.words import words
from audiorole.types import Character, Utterance, find_character, spoken_name

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

    lines: every line with a character, by id; audio: gives a line's waveform; cast: may be empty. A character is named
    by its written form, `show/Gus`, in the cast and wherever one is asked for: two series with a Gus have two.
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
            found.setdefault(line.who, []).append(line)
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
                speakers.setdefault(word, set()).add(line.who)
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

    def actor(self, character: str) -> str:
        """Return the actor that the cast gives, "" where it says nothing."""
        found = self.cast.get(character)
        return found.actor if found else ""

    def same_voice(self, first: str, second: str) -> bool:
        """Return whether two characters, of whatever series, are one to the ear: themselves, or the same actor."""
        return first == second or (self.actor(first) == self.actor(second) != "")


def corpus_of(lines: Iterable[Utterance], audio: AudioLookup, cast: Iterable[Character] = (), name: str = "") -> Corpus:
    """Return a corpus of the named `lines`; lines without a character stay out.

    cast: names are written forms, or the names alone where one series has such a character.
    Raises AmbiguousCharacterError where two do.
    """
    named = sorted((line for line in lines if line.character), key=lambda line: line.id)
    return Corpus({line.id: line for line in named}, audio, _by_written_form(cast, {line.who for line in named}), name)


def _by_written_form(cast: Iterable[Character], known: set[str]) -> dict[str, Character]:
    """Return the cast by written form; one who says no line keeps the name that the cast gives."""
    spoken = {*known, *map(spoken_name, known)}
    return {find_character(one.name, known) if one.name in spoken else one.name: one for one in cast}
