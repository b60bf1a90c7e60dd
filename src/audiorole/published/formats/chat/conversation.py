"""A line and what was said before it as messages: whoever is asked for is the assistant, all others are the user.

Sides alternate, the user begins, the assistant's chosen turn ends it. What a template would take for a mark of its own
(`<audio>`, `<|im_end|>`) is written apart where somebody says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.types import CharacterId

TURNS = 6
"""Turns before the answer; VoxRole found 6 best."""

OPENING = "(You speak first.)"
"""What the user's side says where nobody spoke before: every template wants a user's message."""

OTHER_SPLIT = "what was said before is in another split and is left out"

_MARKS = re.compile(r"<(?=/?(?:audio|image|video|bbox|ref|ref-object|object|start-image|cot-process)\b[^<>]*>|\|)")


@dataclass(frozen=True)
class ChatMessage:
    """What one side says. role: `user` or `assistant`; text: escaped; lines: whose sound it is."""

    role: str
    text: str
    lines: tuple[PublishedLine, ...]


@dataclass(frozen=True)
class ChatExample:
    """One example. id: of the answer's first line; messages: alternate, the last one is the answer."""

    id: str
    split: str
    character: str
    system: str
    messages: tuple[ChatMessage, ...]

    @property
    def heard(self) -> tuple[PublishedLine, ...]:
        """The lines that the user's side speaks, in order."""
        return tuple(line for message in self.messages if message.role == "user" for line in message.lines)


def conversations(export: Export, turns: int = TURNS) -> Iterator[ChatExample]:
    """Yield one conversation for each turn of a named character that has chosen lines.

    Lines that nobody is named for are dropped as `no_character`. Turns before are those of the dialogue, chosen or not.
    """
    export.named = True
    for episode, chosen in export.episodes():
        wanted = {line.id for line in chosen}
        for _, dialogue in groupby(episode.lines, key=lambda line: line.values["dialogue"] or line.values["scene"]):
            yield from _of_dialogue(export, list(dialogue), wanted, turns)


def _of_dialogue(export: Export, lines: Sequence[PublishedLine], wanted: set[str], turns: int) -> Iterator[ChatExample]:
    spoken = [tuple(turn) for _, turn in groupby(lines, key=lambda line: line.voice)]
    for at, turn in enumerate(spoken):
        answer = tuple(line for line in turn if line.id in wanted)
        if answer:
            before = spoken[max(0, at - turns) : at]
            for line in answer:
                if any(export.chooser.split_of(other) not in ("", line.split) for other in line.values["context"]):
                    export.note(OTHER_SPLIT)
            yield _conversation(before, answer)


def _conversation(before: Sequence[tuple[PublishedLine, ...]], answer: tuple[PublishedLine, ...]) -> ChatExample:
    who = answer[0].character
    sides = groupby([*before, answer], key=lambda turn: "assistant" if turn[0].character == who else "user")
    messages = [_message(role, [line for turn in turns for line in turn]) for role, turns in sides]
    if messages[0].role == "assistant":
        messages = messages[1:] if len(messages) > 1 else [ChatMessage("user", OPENING, ()), *messages]
    return ChatExample(answer[0].id, answer[0].split, who, _system(who), tuple(messages))


def _message(role: str, lines: Sequence[PublishedLine]) -> ChatMessage:
    text = " ".join(escaped(line.values["text"]) for line in lines)
    return ChatMessage(role, " ".join(text.split()), tuple(lines))


def _system(who: str) -> str:
    character = CharacterId.parse(who)
    return escaped(f"You are {character.name} from {character.series}. Answer as {character.name} would.")


def escaped(text: str) -> str:
    """Return a text in which nothing is a mark of a chat template.

    >>> escaped("He said <audio>, twice <|im_end|>, 1 < 2")
    'He said < audio>, twice < |im_end|>, 1 < 2'
    """
    return _MARKS.sub("< ", text)
