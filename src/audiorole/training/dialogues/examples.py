"""From dialogues to training examples: a persona, the turns before, and the turn to give.

An example is written from one character's side: that character's turns are the assistant's, all others are the user's.
The split is the dialogue's own, which the dataset cut by episode; this module refuses one that is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from audiorole.errors import ConfigError, UnknownNameError
from audiorole.types import CharacterId, Dialogue, Dropped, Turn, Utterance, find_character, spoken_name
from audiorole.types.record import Record

CONTEXT_TURNS = 6
"""Turns before the target that an example keeps; VoxRole found 6 best."""

PERSONA = "You are {character} from {series}. Answer as {character} would, in {character}'s voice. "


class TurnAudio(Record, frozen=True):
    """One turn's speech inside a message: its lines, in order, and their text."""

    utterances: tuple[str, ...]
    text: str
    character: str = ""


class Message(Record, frozen=True):
    """What one side says before the other does. role: `user` or `assistant`."""

    role: str
    speech: tuple[TurnAudio, ...]


class Example(Record, frozen=True):
    """One training example. messages: alternate, begin with the user's and end with the assistant's, the target.

    character: its written form, `show/Gus`; the persona says the name alone.
    """

    id: str
    series: str
    episode: str
    character: str
    persona: str
    messages: tuple[Message, ...]
    split: str = ""


def prepare_examples(
    dialogues: Iterable[Dialogue],
    characters: Sequence[str] = (),
    context_turns: int = CONTEXT_TURNS,
    persona: str = PERSONA,
) -> Iterator[Example | Dropped]:
    """Yield an example for each dialogue whose target is one of `characters` (all named ones when empty).

    characters: written forms, see `chosen_characters`. A dialogue that gives none is yielded as `Dropped` with
    `no_character`, `other_character` or `no_context`. Raises `ConfigError` when an episode is in two splits.
    """
    splits: dict[str, str] = {}
    for dialogue in dialogues:
        _check_split(splits, dialogue)
        name = dialogue.target.character
        messages = _messages(dialogue.turns[-1 - context_turns :], name)
        if not name:
            yield Dropped.of(dialogue, "no_character")
        elif characters and name not in characters:
            yield Dropped.of(dialogue, "other_character", name)
        elif len(messages) < 2:
            yield Dropped.of(dialogue, "no_context")
        else:
            yield _example(dialogue, messages, persona)


def chosen_characters(given: Iterable[str], lines: Iterable[Utterance]) -> tuple[str, ...]:
    """Return the written forms of the characters that a person named; a name alone will do where one series has it.

    Raises AmbiguousCharacterError where two have it, and ConfigError where nobody in `lines` is called so.
    """
    known = {line.who for line in lines if line.who}
    try:
        return tuple(find_character(name, known) for name in given)
    except UnknownNameError as error:
        raise ConfigError(f"No dialogue to train on: {error}") from None


def persona_of(character: str, template: str) -> str:
    """Return the instruction for a character, named by its written form."""
    return template.format(character=spoken_name(character), series=CharacterId.parse(character).series)


def utterance_ids(examples: Iterable[Example]) -> list[str]:
    """Return the ids of all lines that `examples` speak, each once, in the order of their first use."""
    return list(
        dict.fromkeys(
            utterance
            for example in examples
            for message in example.messages
            for speech in message.speech
            for utterance in speech.utterances
        )
    )


def _example(dialogue: Dialogue, messages: tuple[Message, ...], persona: str) -> Example:
    name = dialogue.target.character
    return Example(
        id=dialogue.id,
        series=dialogue.series,
        episode=dialogue.episode,
        character=name,
        persona=persona_of(name, persona),
        messages=messages,
        split=dialogue.split,
    )


def _messages(turns: Sequence[Turn], character: str) -> tuple[Message, ...]:
    """Return the turns as alternating messages, without what the character says before anyone else does."""
    sides = groupby(turns, key=lambda turn: "assistant" if turn.character == character else "user")
    messages = [Message(role=role, speech=tuple(_speech(turn) for turn in group)) for role, group in sides]
    return tuple(messages[1:] if messages and messages[0].role == "assistant" else messages)


def _speech(turn: Turn) -> TurnAudio:
    return TurnAudio(utterances=turn.utterances, text=turn.text, character=turn.character)


def _check_split(splits: dict[str, str], dialogue: Dialogue) -> None:
    known = splits.setdefault(dialogue.episode, dialogue.split)
    if known != dialogue.split:
        raise ConfigError(
            f"Episode {dialogue.episode!r} is in two splits, {known!r} and {dialogue.split!r} ({dialogue.id}): "
            "split by episode, or the test set leaks into training."
        )
