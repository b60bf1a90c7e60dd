"""Texts as rows of characters with times: what the subtitle says and what a recogniser heard, ready to be compared.

Characters, not words: a recogniser writes half of the words of a noisy scene otherwise than the subtitle does, but most
of their letters alike, and some languages write no spaces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.types import Word

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CharacterRow:
    """Characters one after the other, `(num_characters,)` each.

    codes: code points. owners: index of the cue, or of the span that was heard. places: index within that cue.
    times: seconds at the middle of the character; a cue's are on the subtitle's clock.
    """

    codes: Ints
    owners: Ints
    places: Ints
    times: Floats

    def __len__(self) -> int:
        return len(self.codes)


def plain(text: str) -> str:
    """Return the letters and digits of `text` without case and accents.

    >>> plain("Támhle to, Joe!")
    'tamhletojoe'
    """
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if mark.isalnum())


def subtitle_row(times: Floats, texts: Sequence[str]) -> CharacterRow:
    """Return the characters of cues; times: starts and ends in seconds `(num_cues, 2)`, one text each."""
    cues = enumerate(zip(texts, times, strict=True))
    return _row((number, plain(text), float(start), float(end)) for number, (text, (start, end)) in cues)


def heard_row(spans: Sequence[Sequence[Word]]) -> CharacterRow:
    """Return the characters of the words of each span, words on the episode's clock."""
    words = [(number, word) for number, span in enumerate(spans) for word in span]
    return _row((number, plain(word.text), word.start, word.end) for number, word in words)


def backwards(words: Sequence[Word]) -> list[Word]:
    """Return the words in the opposite order, each at the time of the one it stands for."""
    return [
        Word(text=word.text, start=place.start, end=place.end)
        for word, place in zip(reversed(words), words, strict=True)
    ]


def _row(parts: Iterable[tuple[int, str, float, float]]) -> CharacterRow:
    """Lay (owner, text, start, end) one after the other; characters share the time of their text equally."""
    rows = [
        (ord(mark), owner, place, start + (end - start) * (place + 0.5) / len(text))
        for owner, text, start, end in parts
        for place, mark in enumerate(text)
    ]
    codes, owners, places, times = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return CharacterRow(codes.astype(np.int64), owners.astype(np.int64), places.astype(np.int64), times)
