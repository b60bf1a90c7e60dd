"""The prompt of the text model: ChatML, a name before what somebody said, the reply bare.

<|im_start|>system\\n{card}<|im_end|>\\n
<|im_start|>user\\n{Name}: {words}\\n{Name}: …<|im_end|>\\n
<|im_start|>assistant\\n{words}<|im_end|>\\n
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from audiorole.training.dialogues.examples import Example, Message, TurnAudio
from audiorole.training.thinker.text_model import MARKS, load_chat_tokenizer
from audiorole.training.tokens.packing import IGNORED, Document
from audiorole.types import spoken_name

VISITOR = "you"
"""Who talks with a character on a page: nobody of the series, so no name stands before what is said."""


@dataclass(frozen=True)
class TextChat:
    """Encodes examples for one tokenizer."""

    tokenizer: Tokenizer

    @classmethod
    def of(cls, folder: Path) -> TextChat:
        """Make the format of a model's folder. Raises `ConfigError` where its tokenizer is not ChatML's."""
        return cls(load_chat_tokenizer(folder))

    @property
    def stop(self) -> int:
        """The id that ends a reply."""
        return self.tokenizer.token_to_id(MARKS[1]) or 0

    @property
    def first_audio(self) -> int:
        """An id that no token reaches: nothing here is sound."""
        return int(self.tokenizer.get_vocab_size()) + 1

    def document(self, example: Example, taught: Collection[int]) -> Document:
        """Return `example` as ids and labels. taught: places of the messages that carry labels, with their end."""
        ids = self.opening(example.persona)
        labels = [IGNORED] * len(ids)
        for place, message in enumerate(example.messages):
            begin = self._text(f"<|im_start|>{message.role}\n")
            said = [*self._text(said_text(message)), self.stop]
            end = self._text("\n")
            ids += begin + said + end
            labels += (
                [IGNORED] * len(begin) + (said if place in taught else [IGNORED] * len(said)) + [IGNORED] * len(end)
            )
        return Document(example.id, np.array(ids), np.array(labels), example.character)

    def opening(self, persona: str) -> list[int]:
        """Return the ids of what a model is told first; every prompt with this `persona` begins with them."""
        return self._turn("system", persona.strip())

    def prompt(self, example: Example) -> list[int]:
        """Return the ids before the first token of the last message."""
        ids = self.opening(example.persona)
        for message in example.messages[:-1]:
            ids += self._turn(message.role, said_text(message))
        return [*ids, *self._text("<|im_start|>assistant\n")]

    def _turn(self, role: str, text: str) -> list[int]:
        return self._text(f"<|im_start|>{role}\n{text}<|im_end|>\n")

    def _text(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def said_text(message: Message) -> str:
    """Return what a message says: the character's own words bare, everybody else's behind a name."""
    if message.role == "assistant":
        return " ".join(_plain(part.text) for part in message.speech)
    return "\n".join(_named(part) for part in message.speech)


def _named(speech: TurnAudio) -> str:
    name = spoken_name(speech.character)
    return f"{name}: {_plain(speech.text)}" if name and name != VISITOR else _plain(speech.text)


def _plain(text: str) -> str:
    """Return `text` without ChatML's marks, which nobody says: a typed one would end the turn."""
    for mark in MARKS:
        text = text.replace(mark, " ")
    return " ".join(text.split())


def choose_taught(examples: Sequence[Example], context_turns: int) -> Mapping[str, tuple[int, ...]]:
    """Return id of an example → places of its messages that are learned, so that every target is learned once.

    examples: windows of twice `context_turns` turns. A window teaches all targets in it that have `context_turns` turns
    before them, or all that there were: the text of a conversation is then read about twice, not seven times.
    """
    chosen: dict[str, tuple[int, ...]] = {}
    done: set[tuple[str, tuple[str, ...]]] = set()
    for example in sorted(examples, key=lambda one: (one.character, one.id), reverse=True):
        whole = sum(len(message.speech) for message in example.messages) <= 2 * context_turns
        places = [
            place for place in _targets(example, 0 if whole else context_turns) if _key(example, place) not in done
        ]
        if len(example.messages) - 1 in places:
            chosen[example.id] = tuple(places)
            done |= {_key(example, place) for place in places}
    return chosen


def _targets(example: Example, least: int) -> list[int]:
    """Return the places of the character's messages with `least` turns before them; the last one always."""
    before, found = 0, list[int]()
    for place, message in enumerate(example.messages):
        if message.role == "assistant" and (before >= least or place == len(example.messages) - 1):
            found.append(place)
        before += len(message.speech)
    return found


def _key(example: Example, place: int) -> tuple[str, tuple[str, ...]]:
    spoken = example.messages[place].speech
    return example.character, tuple(line for part in spoken for line in part.utterances)
