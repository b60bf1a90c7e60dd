"""Scenes, dialogues, turns: what a role-play model is given and asked for."""

from __future__ import annotations

from audiorole.types.record import Record


class Turn(Record, frozen=True):
    """One turn: consecutive lines of one character. audio: path or (for datasets) the utterance id."""

    utterances: tuple[str, ...]
    character: str
    text: str
    start: float
    end: float
    audio: str = ""


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
