"""GLM-4-Voice's prompt format: an example becomes token ids and labels.

    [gMASK]<sop><|system|>\\n{persona}{SYS}<|user|>\\n{speech}<|assistant|>streaming_transcription\\n{reply}<|user|>…

A user's speech is `<|begin_of_audio|>…<|end_of_audio|>`, a reply is bare, and the next `<|user|>` ends it. Every token
is found by its name in the tokenizer: released snapshots differ in the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from audiorole.errors import ConfigError
from audiorole.training.dialogues.examples import Example, Message, TurnAudio
from audiorole.training.tokens.interleave import interleave
from audiorole.training.tokens.packing import IGNORED, Document

SPEECH_PROMPT = (
    "User will provide you with a speech instruction. Do it step by step. First, think about the instruction and "
    "respond in a interleaved manner, with 13 text token followed by 26 audio tokens. "
)
TEXT_PROMPT = SPEECH_PROMPT.replace("speech", "text").rstrip()
"""The two system sentences of the published demo, letter by letter; only the first ends in a space."""

REPLY_START = "streaming_transcription\n"
CODES = 16_384

NAMES = {
    "pad": "<|endoftext|>",
    "mask": "[gMASK]",
    "start": "<sop>",
    "system": "<|system|>",
    "user": "<|user|>",
    "assistant": "<|assistant|>",
    "begin_audio": "<|begin_of_audio|>",
    "end_audio": "<|end_of_audio|>",
}

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Specials:
    """Ids of the special tokens, and where the audio codes begin."""

    pad: int
    mask: int
    start: int
    system: int
    user: int
    assistant: int
    begin_audio: int
    end_audio: int
    first_audio: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, codes: int = CODES) -> Specials:
        """Find the tokens by name. Raises `ConfigError` if one is missing or the audio codes are not contiguous."""
        first = _find(tokenizer, "<|audio_0|>")
        for code in {1, codes - 1}:
            found = _find(tokenizer, f"<|audio_{code}|>")
            if found != first + code:
                raise ConfigError(
                    f"<|audio_{code}|> is {found}, not {first + code}: the audio codes are not contiguous."
                )
        return cls(first_audio=first, **{field: _find(tokenizer, name) for field, name in NAMES.items()})


@dataclass(frozen=True)
class PromptFormat:
    """Encodes examples. codes_of: from an utterance's id to its audio codes, uint16 `(codes,)`.

    label_context: also train on the character's turns before the target, as each is a reply too.
    """

    tokenizer: Tokenizer
    specials: Specials
    codes_of: Callable[[str], Codes]
    label_context: bool = True

    def document(self, example: Example) -> Document:
        """Return `example` as ids and labels; labels are on replies and on the `<|user|>` that ends each of them."""
        ids = self._opening(example)
        labels = [IGNORED] * len(ids)
        for index, message in enumerate(example.messages):
            part, learn = self._message(message), message.role == "assistant"
            ids += part
            learn = learn and (self.label_context or index == len(example.messages) - 1)
            labels += part if learn else [IGNORED] * len(part)
            if message.role == "assistant":
                ids.append(self.specials.user)
                labels.append(self.specials.user if learn else IGNORED)
            else:
                handover = self._handover()
                ids += handover
                labels += [IGNORED] * len(handover)
        return Document(example.id, np.array(ids), np.array(labels), example.character)

    def prompt(self, example: Example) -> list[int]:
        """Return the ids that the model is given to answer: everything before the target's first token."""
        ids = self._opening(example)
        for message in example.messages[:-1]:
            ids += self._message(message)
            ids += [self.specials.user] if message.role == "assistant" else self._handover()
        return ids

    def _opening(self, example: Example) -> list[int]:
        specials = self.specials
        heard = [speech for message in example.messages if message.role == "user" for speech in message.speech]
        spoken = not heard or any(speech.utterances for speech in heard)
        system = self._text("\n" + example.persona + (SPEECH_PROMPT if spoken else TEXT_PROMPT))
        return [specials.mask, specials.start, specials.system, *system, specials.user]

    def _handover(self) -> list[int]:
        return [self.specials.assistant, *self._text(REPLY_START)]

    def _message(self, message: Message) -> list[int]:
        if message.role == "user":
            parts = (token for speech in message.speech for token in self._heard(speech))
            return [*self._text("\n"), *parts]
        text = self._text(" ".join(speech.text for speech in message.speech))
        return interleave(text, [code for speech in message.speech for code in self._audio(speech.utterances)])

    def _heard(self, speech: TurnAudio) -> list[int]:
        if not speech.utterances:  # typed, not spoken
            return self._text(speech.text)
        return [self.specials.begin_audio, *self._audio(speech.utterances), self.specials.end_audio]

    def _audio(self, utterances: Sequence[str]) -> list[int]:
        first = self.specials.first_audio
        return [first + int(code) for utterance in utterances for code in self.codes_of(utterance)]

    def _text(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


def _find(tokenizer: Tokenizer, name: str) -> int:
    found: int | None = tokenizer.token_to_id(name)
    if found is None:
        raise ConfigError(f"The tokenizer has no token {name!r}: it is not GLM-4-Voice's.")
    return found
