"""Dialogues for training out of a dataset's lines: every turn with somebody's turn before it is a target once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from audiorole.training.dialogues.examples import CONTEXT_TURNS
from audiorole.types import Dialogue, Turn, Utterance


def window_dialogues(lines: Iterable[Utterance], context_turns: int = CONTEXT_TURNS) -> Iterator[Dialogue]:
    """Yield, for each turn but a conversation's first, a dialogue of it and up to `context_turns` turns before it.

    A conversation is what the dataset calls a dialogue, else a scene; lines without either, or that repeat others, are
    in none. Consecutive lines of one character are one turn.
    """
    spoken = [line for line in sorted(lines, key=lambda line: line.id) if not line.duplicate_of and _talk(line)[1]]
    for talk, group in groupby(spoken, key=_talk):
        turns = [Turn.of(list(part)) for _, part in groupby(group, key=lambda line: line.who)]
        for last in range(1, len(turns)):
            yield _dialogue(talk, turns[max(0, last - context_turns) : last + 1])


def _talk(line: Utterance) -> tuple[str, str, str, str]:
    place = line.place.dialogue or line.place.scene if line.place else ""
    return (line.episode, place, line.split, line.language)


def _dialogue(talk: tuple[str, str, str, str], turns: Sequence[Turn]) -> Dialogue:
    episode, _, split, language = talk
    return Dialogue(
        id=turns[-1].utterances[0],
        series=episode.partition("/")[0],
        episode=episode,
        turns=tuple(turns),
        language=language,
        split=split,
    )
