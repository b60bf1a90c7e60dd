"""What was said in each open page: turns by session, the oldest sessions forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from audiorole.types.conversation import HeardTurn

Waveform = npt.NDArray[np.float32]
USER = "you"


class AnswerPart(Protocol):
    """A part of an answer that can be shown and played."""

    @property
    def text(self) -> str:
        """What it says; "" where that was said already."""
        ...

    @property
    def samples(self) -> Waveform:
        """Float32 `(num_samples,)`; may be empty."""
        ...


class Speaker(Protocol):
    """What a page talks with: a trained voice, or retrieval."""

    @property
    def sample_rate(self) -> int:
        """Hz of what it says."""
        ...

    @property
    def characters(self) -> list[str]:
        """Who can be talked with, by written form (`show/Gus`)."""
        ...

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[AnswerPart]:
        """Yield pieces with `text` and `samples`, float32 `(num_samples,)`."""
        ...


@dataclass
class Conversation:
    """One conversation: the turns so far, and the samples of the last answer."""

    turns: list[HeardTurn] = field(default_factory=list)
    answer: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))


class Sessions:
    """The open conversations. Two pages talk at once without hearing each other."""

    def __init__(self, speaker: Speaker, limit: int = 64) -> None:
        self.speaker, self._limit = speaker, limit
        self._open: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str) -> Conversation:
        """Return the session `name`, opening it if it is new."""
        with self._lock:
            session = self._open.setdefault(name, Conversation())
            self._open.move_to_end(name)
            while len(self._open) > self._limit:
                self._open.popitem(last=False)
            return session

    def answer(self, name: str, character: str, text: str, heard: Waveform, heard_rate: int) -> Iterator[AnswerPart]:
        """Say `text` (or the samples `heard`) in a session; yield the character's answer as it comes."""
        session = self.of(name)
        session.turns.append({"character": USER, "text": text, "audio": heard, "sample_rate": heard_rate})
        pieces = []
        for piece in self.speaker.stream(list(session.turns), character, seed=len(session.turns)):
            pieces.append(piece)
            yield piece
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        said = "".join(piece.text for piece in pieces)
        rate = self.speaker.sample_rate
        session.turns.append({"character": character, "text": said, "audio": samples, "sample_rate": rate})
        session.answer = samples
