"""What a page talks with: a trained voice, retrieval, or a scripted one, behind one port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from audiorole.types.conversation import HeardTurn

Waveform = npt.NDArray[np.float32]

USER = "you"
"""Who talks with the character, in the turns."""


class AnswerPart(Protocol):
    """A part of an answer that can be shown and played: a sentence, where the speaker thinks in sentences."""

    @property
    def text(self) -> str:
        """What it says; "" where that was said already."""
        ...

    @property
    def samples(self) -> Waveform:
        """Float32 `(num_samples,)`; may be empty."""
        ...


class Speaker(Protocol):
    """What a page talks with: a trained voice, retrieval, a scripted one.

    It may also have `language` (ISO 639-1 of what is said to it; "" or none: detected) and `wake()`, which loads what
    the first answer needs; it is called when a page opens.
    """

    @property
    def sample_rate(self) -> int:
        """Hz of what it says."""
        ...

    @property
    def characters(self) -> list[str]:
        """Who can be talked with, by written form (`show/Gus`)."""
        ...

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[AnswerPart]:
        """Yield pieces with `text` and `samples`, float32 `(num_samples,)`, each as soon as it can be heard.

        Between two pieces another answer may be asked for its own: no lock is held there, no state shared. An answer
        that nobody wants any more is closed.
        """
        ...


def join_parts(parts: Iterable[str]) -> str:
    """Return the parts of an answer as one text.

    >>> join_parts(["Well.", "I never!", " So"])
    'Well. I never! So'
    >>> join_parts(["3.", "5 met", "res"])
    '3.5 metres'
    """
    text = ""
    for part in parts:
        text += gap_before(part, text) + part
    return text


def gap_before(part: str, text: str) -> str:
    """Return the space that a sentence wants after `text`; "" before a part that brings its own or goes on."""
    ended = text.rstrip("\"'”’»)")[-1:] in {".", "!", "?", "…"}
    return " " if ended and (part[:1].isalpha() or part[:1] in {'"', "“", "¿", "¡", "…", "—"}) else ""
