"""Scenes, dialogues, turns: what a role-play model is given and asked for."""

from __future__ import annotations

from collections.abc import Sequence

from audiorole.types.record import Record
from audiorole.types.utterance import Utterance


class Turn(Record, frozen=True):
    """One turn: consecutive lines of one character.

    character: its written form, `show/Gus`; "" where nobody is named. audio: path or (for datasets) the utterance id.
    """

    utterances: tuple[str, ...]
    character: str
    text: str
    start: float
    end: float
    audio: str = ""

    @classmethod
    def of(cls, lines: Sequence[Utterance]) -> Turn:
        """Return consecutive `lines` of one character as a turn; its audio is named by the first line's id."""
        return cls(
            utterances=tuple(line.id for line in lines),
            character=lines[0].who,
            text=" ".join(line.text for line in lines),
            start=lines[0].start,
            end=lines[-1].end,
            audio=lines[0].id,
        )


class Dialogue(Record, frozen=True):
    """Consecutive turns of a scene; its last turn is the target that a system has to answer."""

    id: str
    series: str
    episode: str
    turns: tuple[Turn, ...]
    language: str = ""
    split: str = ""

    @property
    def target(self) -> Turn:
        """The turn a speech system has to give; systems never see it."""
        return self.turns[-1]

    @property
    def context(self) -> tuple[Turn, ...]:
        """The turns a speech system sees, oldest first."""
        return self.turns[:-1]
