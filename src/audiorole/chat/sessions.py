"""What was said in each open page: one conversation per page and character, the oldest forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
import numpy as np

from audiorole.chat.speaker import AnswerPart, Speaker, Waveform, join_parts
from audiorole.types.conversation import HeardTurn

MOST_TURNS = 400
"""Turns of one conversation that are remembered: hours of talk, some megabytes of words."""

TURNS_WITH_SOUND = 8
"""Newest turns whose sound is remembered: more than any voice looks back to (`CONTEXT_TURNS` is six)."""


@dataclass
class Conversation:
    """One person and one character: the turns so far, and the samples of the last answer.

    forgotten: turns before the first of `turns`; places are counted from the first that was ever said. asked: how often
    an answer was asked for, or stopped: one that is not the latest ends. busy: held by the answer under way.
    """

    turns: list[HeardTurn] = field(default_factory=list)
    forgotten: int = 0
    answer: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))
    asked: int = 0
    busy: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def place(self) -> int:
        """The number that the next turn gets."""
        return self.forgotten + len(self.turns)

    def back_to(self, place: int) -> None:
        """Forget the turn `place` and all after it: what was said there is said anew."""
        del self.turns[max(0, place - self.forgotten) :]

    def answered(self, speaker: Speaker, character: str, said: HeardTurn) -> Generator[AnswerPart, None, None]:
        """Say `said`; yield the character's answer as it comes. An answer that is closed early is kept so far."""
        self._remember(said)
        pieces: list[AnswerPart] = []
        stream = speaker.stream(list(self.turns), character, seed=self.place)
        try:
            for piece in stream:
                pieces.append(piece)
                yield piece
        finally:
            with suppress(AttributeError):
                stream.close()  # type: ignore[attr-defined]  # an iterator that is no generator has none
            self._keep(pieces, character, speaker.sample_rate)

    def _keep(self, pieces: Sequence[AnswerPart], character: str, rate: int) -> None:
        self.answer = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        said = join_parts(piece.text for piece in pieces)
        if pieces:
            self._remember({"character": character, "text": said, "audio": self.answer, "sample_rate": rate})

    def _remember(self, turn: HeardTurn) -> None:
        self.turns.append(turn)
        over = max(0, len(self.turns) - MOST_TURNS)
        self.forgotten += over
        del self.turns[:over]
        if len(self.turns) > TURNS_WITH_SOUND:
            self.turns[-TURNS_WITH_SOUND - 1]["audio"] = np.zeros(0, np.float32)


class Sessions:
    """The open conversations. Two pages talk at once without hearing each other."""

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._open: OrderedDict[tuple[str, str], Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, page: str, character: str) -> Conversation:
        """Return the conversation of a page with a character, opening it if it is new."""
        with self._lock:
            found = self._open.setdefault((page, character), Conversation())
            self._open.move_to_end((page, character))
            while len(self._open) > self._limit:
                self._open.popitem(last=False)
            return found
