"""The characters of a run, thinking and speaking: from the turns so far to sentences with their sound.

`RUN` is what was learned. `RUN#untrained` is the same base before it learned: a plain instruction, one stock voice;
`RUN#one-shot` knows a character's card and has the stock voice that is most like one clip. `greedy` behind a `+` (or
alone) takes the likeliest words instead of drawn ones: `RUN#greedy`, `RUN#untrained+greedy`.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from msgspec.structs import replace
from transformers import LlamaForCausalLM

from audiorole.errors import InputError
from audiorole.models.phonemes import EnglishPhonemes, load_phonemes, spoken_pieces
from audiorole.models.phonemes.pieces import ended, first_clause
from audiorole.models.ports import Synthesiser
from audiorole.models.talker.voice import TalkerVoice, load_voice, stock_voice
from audiorole.training.dialogues.examples import persona_of
from audiorole.training.replying import ReplyPiece, Waveform, reply_example
from audiorole.training.talker.models import load_talker
from audiorole.training.thinker.ahead import ahead
from audiorole.training.thinker.parts import TalkerParts, read_parts
from audiorole.training.thinker.prompt import TextChat
from audiorole.training.thinker.text_model import load_text_model
from audiorole.training.thinker.thinking import (
    ENDED,
    LONGEST,
    Opening,
    Thinking,
    Wish,
    read_opening,
    sentence_ends,
)
from audiorole.types.conversation import HeardTurn, SystemReply

Request = tuple[Sequence[HeardTurn], str, int]
"""The turns so far, the character that answers, a seed."""

AT_ONCE = {"cuda": 128, "cpu": 16}
"""Replies that are thought beside each other, by device."""

TOKENS_PER_WORD = 1.5
PLAIN_MOST = 40
"""Tokens after which a model that knows no character ends with its sentence."""

OPENINGS = 12
"""Characters whose card is kept as the text model read it, about 7 MB each."""

HUM = "Yes, I am."
"""Said once to nobody: the first sentence of a process takes longer than the others."""

FORMS = ("untrained", "one-shot", "greedy")
_NAME = re.compile(r"^\s*[A-Z][\w' -]{0,24}:\s+")


@dataclass
class TalkerCast:
    """The loaded parts. Several threads may ask at once: nothing is held between two pieces of a reply.

    forms: some of `FORMS`. talker, phonemes: others than the installed ones, for tests.
    """

    folder: Path
    parts: TalkerParts
    forms: frozenset[str] = frozenset()
    talker: Synthesiser | None = None
    phonemes: EnglishPhonemes | None = None
    _loading: threading.RLock = field(default_factory=threading.RLock)

    language = "en"

    @property
    def sample_rate(self) -> int:
        """Hz of what it says."""
        return self._talker.card.sample_rate

    @property
    def characters(self) -> list[str]:
        """Who can be asked for, by written form."""
        return list(self.parts.cards)

    def wake(self) -> None:
        """Load what the first answer needs: text model, lexicons, talker; read the cards."""
        _ = self._talker, self._phonemes, self._chat, self._model
        for character in self.characters[:OPENINGS]:
            self._opening(character)
        for character in self.characters[:1]:
            _ = list(self._say_in_parts(HUM, character))

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[ReplyPiece]:
        """Yield the answer sentence by sentence, each with its sound, as soon as it is thought.

        Of the first sentence the first clause is said as soon as that is thought. A sentence comes in parts, so that it
        is heard while its end is still made; its text is with the first. What follows is thought meanwhile.
        """
        text, told = "", 0
        for text in ahead(self._growing(turns, character, seed)):
            whole = ended(text)
            if (whole := whole if told else whole or first_clause(text)) > told:
                yield from self._say_in_parts(text[told:whole], character)
                told = whole
        yield from self._say_in_parts(text[told:], character)

    def _say_in_parts(self, text: str, character: str) -> Iterator[ReplyPiece]:
        """Yield `text` in the character's voice, each sentence as soon as some of it can be heard."""
        voice = self._voice(character)
        for piece in spoken_pieces(text):
            shown = piece
            for samples in self._talker.stream(self._phonemes(piece), voice):
                yield ReplyPiece(shown, samples)
                shown = ""

    def say(self, text: str, character: str, voice: TalkerVoice | None = None) -> Iterator[ReplyPiece]:
        """Yield `text` in the character's voice, a sentence a piece; a long sentence in several."""
        voice = voice or self._voice(character)
        for piece in spoken_pieces(text):
            yield ReplyPiece(piece, self._talker.speak(self._phonemes(piece), voice))

    def reply(
        self,
        turns: Sequence[HeardTurn],
        character: str,
        language: str,
        seed: int,
        reference_audio: Waveform | None = None,
    ) -> SystemReply | None:
        """Return {audio, sample_rate, text} in answer to `turns`, or None where nothing was said."""
        return self._spoken(self.texts([(turns, character, seed)])[0], character, reference_audio)

    @property
    def at_once(self) -> int:
        """How many replies `replies` thinks of at once."""
        return AT_ONCE[self._device.type]

    def replies(self, asked: Sequence[Request]) -> list[SystemReply]:
        """Return what `reply` would say to each of `asked`, all of them thought at the same time."""
        texts = self.texts(asked)
        return [
            self._spoken(text, character) or self._silent(text)
            for text, (_, character, _) in zip(texts, asked, strict=True)
        ]

    def _spoken(self, text: str, character: str, reference: Waveform | None = None) -> SystemReply | None:
        pieces = list(self.say(text, character, self._voice(character, reference)))
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        return {"audio": samples, "sample_rate": self.sample_rate, "text": text} if len(samples) else None

    def _silent(self, text: str) -> SystemReply:
        return {"audio": np.zeros(0, np.float32), "sample_rate": self.sample_rate, "text": text}

    def texts(self, asked: Sequence[Request]) -> list[str]:
        """Return what is said to each of `asked`, unspoken; all are thought at the same time."""
        rows = list(zip(*self._thinking(asked), strict=True)) or [()] * len(asked)
        return [self._text([token for token in row if token != ENDED]) for row in rows]

    def _growing(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[str]:
        """Yield the reply's text after each token."""
        tokens: list[int] = []
        thinking = self._thinking([(turns, character, seed)])
        thinking.opening = self._opening(character)
        for (token,) in thinking:
            tokens.append(token)
            yield self._text(tokens)

    def _thinking(self, asked: Sequence[Request]) -> Thinking:
        wishes = [self._wish(*one) for one in asked]
        return Thinking(self._model, wishes, self._chat.stop, self._ends)

    def _wish(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Wish:
        """Return what is asked of the text model: the last turns, behind what it is told of the character."""
        recent = list(turns)[-self.parts.context_turns :]
        example = replace(reply_example(recent, character, ""), persona=self._instruction(character))
        prompt = self._chat.prompt(example)
        own = zlib.crc32(np.array(prompt, dtype=np.int64).tobytes()) ^ seed
        most = PLAIN_MOST if "untrained" in self.forms else self.parts.cards[character].most_words * TOKENS_PER_WORD
        return Wish(prompt, None if "greedy" in self.forms else own, min(LONGEST, round(most)))

    def _opening(self, character: str) -> Opening:
        """Return the character's card as the text model read it."""
        with self._loading:
            if character not in self._openings:
                ids = self._chat.opening(self._instruction(character))
                self._openings[character] = read_opening(self._model, ids)
                for other in list(self._openings)[:-OPENINGS]:
                    del self._openings[other]
            return self._openings[character]

    @cached_property
    def _openings(self) -> dict[str, Opening]:
        return {}

    def _instruction(self, character: str) -> str:
        if "untrained" in self.forms:
            return persona_of(character, self.parts.persona)
        return self.parts.cards[character].instruction()

    def _text(self, tokens: Sequence[int]) -> str:
        """Return the words of `tokens`, without a name before them and without broken letters at the end."""
        text = " ".join(self._chat.tokenizer.decode(list(tokens)).replace("\N{REPLACEMENT CHARACTER}", "").split())
        return _NAME.sub("", text)

    def _voice(self, character: str, reference: Waveform | None = None) -> TalkerVoice:
        """Return whose voice it is; `reference`, one clip at 16 kHz, is what the one-shot form goes by."""
        with self._loading:
            if "untrained" in self.forms:
                return self._stock(self.parts.stock)
            if "one-shot" in self.forms:
                return self._stock(self.parts.clips.get(character, self.parts.stock))
            path = self.parts.voices.get(character)
            return self._fitted(self.folder / path) if path else self._stock(self.parts.stock)

    def _stock(self, name: str) -> TalkerVoice:
        if name not in self._known:
            self._known[name] = stock_voice(name)
        return self._known[name]

    def _fitted(self, path: Path) -> TalkerVoice:
        if str(path) not in self._known:
            self._known[str(path)] = load_voice(path)
        return self._known[str(path)]

    @cached_property
    def _known(self) -> dict[str, TalkerVoice]:
        return {}

    @property
    def _talker(self) -> Synthesiser:
        with self._loading:
            if self.talker is None:
                self.talker = load_talker(str(self._device))
            return self.talker

    @property
    def _phonemes(self) -> EnglishPhonemes:
        with self._loading:
            if self.phonemes is None:
                self.phonemes = load_phonemes()
            return self.phonemes

    @property
    def _model(self) -> LlamaForCausalLM:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> LlamaForCausalLM:
        learned = self.parts.adapter and not self.forms & {"untrained", "one-shot"}
        return load_text_model(
            self.folder / self.parts.base, self._device, self.folder / self.parts.adapter if learned else None
        )

    @cached_property
    def _chat(self) -> TextChat:
        return TextChat.of(self.folder / self.parts.base)

    @cached_property
    def _ends(self) -> frozenset[int]:
        return sentence_ends(self._chat.tokenizer)

    @cached_property
    def _device(self) -> torch.device:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_cast(location: str) -> TalkerCast:
    """Return the characters of `RUN` or `RUN#form+form`; their parts are loaded when they are first needed.

    Raises `InputError` for a folder that is no run of this base, or an unknown form.
    """
    name, _, said = location.partition("#")
    forms = frozenset(filter(None, said.split("+")))
    if unknown := sorted(forms - set(FORMS)):
        raise InputError(location, f"{unknown[0]!r} is no form of a run; known: {', '.join(FORMS)}")
    return TalkerCast(Path(name), read_parts(Path(name)), forms)
