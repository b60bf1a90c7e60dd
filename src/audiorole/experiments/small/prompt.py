"""The small base's prompt: ChatML, names before what was said, a reply's words and then its sound.

    <|im_start|>system\\n{persona}<|im_end|>\\n
    <|im_start|>user\\n{Name}: {words} <speech>codes</speech>\\n{Name}: …<|im_end|>\\n
    <|im_start|>assistant\\n{words}<speech>codes<|im_end|>\\n

Words come first: a reply is one or two sentences, so they cost a moment; and each code is then chosen with all of them
known, which a model that heard two hours of speech needs more than an earlier first sound. Only the last thing said
before the reply is heard; what was said before it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from audiorole.errors import ConfigError
from audiorole.training.dialogues.examples import Example, Message, TurnAudio
from audiorole.training.tokens.packing import IGNORED, Document
from audiorole.types import spoken_name

Codes = npt.NDArray[np.uint16]

BEGIN, END = 0, 1
"""Places of `<speech>` and `</speech>` behind the words; codes follow them."""
MARKS = 2

UNREAD = 4
"""Of so many examples, one leaves out the words of what was heard last, so that turns may be spoken alone."""


@dataclass(frozen=True)
class SpokenChat:
    """Encodes examples. words: ids of the text model; codes_of: from an utterance's id to its codes, uint16."""

    tokenizer: Tokenizer
    words: int
    codes_of: Callable[[str], Codes]

    @classmethod
    def of(cls, tokenizer: Tokenizer, words: int, codes_of: Callable[[str], Codes]) -> SpokenChat:
        """Make the format. Raises `ConfigError` where the tokenizer is not ChatML's."""
        for name in ("<|im_start|>", "<|im_end|>"):
            if tokenizer.token_to_id(name) is None:
                raise ConfigError(f"The tokenizer has no token {name!r}: the small base wants a ChatML model.")
        return cls(tokenizer, words, codes_of)

    @property
    def first_audio(self) -> int:
        """The id of code 0."""
        return self.words + MARKS

    @property
    def begin(self) -> int:
        """The id after which codes come."""
        return self.words + BEGIN

    @property
    def stop(self) -> int:
        """The id that ends a reply."""
        return self.tokenizer.token_to_id("<|im_end|>") or 0

    def document(self, example: Example) -> Document:
        """Return `example` as ids and labels; labels are on the target and on the `<|im_end|>` that ends it."""
        prompt, target = self.prompt(example), example.messages[-1].speech
        reply = [*self._text(_words(target)), *self._codes(target), self.stop]
        labels = [IGNORED] * len(prompt) + reply
        return Document(example.id, np.array(prompt + reply), np.array(labels), example.character)

    def prompt(self, example: Example) -> list[int]:
        """Return the ids before the target's first token."""
        ids = self._turn("system", self._text(example.persona.strip()))
        before = example.messages[:-1]
        for place, message in enumerate(before):
            last = place == len(before) - 1
            ids += self._turn(message.role, self._said(message, last, _is_unread(example.id)))
        return [*ids, *self._text("<|im_start|>assistant\n")]

    def _turn(self, role: str, content: list[int]) -> list[int]:
        return [*self._text(f"<|im_start|>{role}\n"), *content, *self._text("<|im_end|>\n")]

    def _said(self, message: Message, last: bool, unread: bool) -> list[int]:
        if message.role == "assistant":
            return self._text(_words(message.speech))
        ids: list[int] = []
        for place, speech in enumerate(message.speech):
            heard = last and place == len(message.speech) - 1 and bool(speech.utterances)
            name = f"{spoken_name(speech.character)}: " if speech.character else ""
            words = "" if heard and unread else speech.text
            ids += self._text(("\n" if place else "") + name + words)
            ids += [*self._codes((speech,)), self.words + END] if heard else []
        return ids

    def _codes(self, speech: Sequence[TurnAudio]) -> list[int]:
        lines = (line for part in speech for line in part.utterances)
        return [self.begin, *(self.first_audio + int(code) for line in lines for code in self.codes_of(line))]

    def _text(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def _words(speech: Sequence[TurnAudio]) -> str:
    return " ".join(part.text for part in speech)


def _is_unread(example: str) -> bool:
    return bool(example) and hashlib.sha256(example.encode()).digest()[0] % UNREAD == 0
