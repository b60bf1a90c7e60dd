"""What an evaluation reads: named lines, their audio, the cast. One shape, wherever it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.types import Character, Utterance

SAMPLE_RATE = 16_000
"""Hz of every waveform inside the evaluation: what each of its models hears."""

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

    def gender(self, character: str) -> str:
        """Return the gender that the cast gives, "" where it says nothing."""
        found = self.cast.get(character)
        return found.gender if found else ""


def corpus_of(lines: Iterable[Utterance], audio: AudioLookup, cast: Iterable[Character] = (), name: str = "") -> Corpus:
    """Return a corpus of the named `lines`; lines without a character stay out."""
    named = sorted((line for line in lines if line.character), key=lambda line: line.id)
    return Corpus({line.id: line for line in named}, audio, {one.name: one for one in cast}, name)
