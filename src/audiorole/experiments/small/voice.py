"""A trained small base that answers: from the turns so far to samples, as a stream.

A run folder's `small.json` names its parts; `load_voice` makes it the model behind `small@FOLDER`. Without an adapter
it is the untrained base: the same parts, and rows of speech that learned nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import torch
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from audiorole.audio.resample import resample
from audiorole.errors import InputError
from audiorole.experiments.small.codec.codec import HEARING_RATE, Codec, load_codec
from audiorole.experiments.small.codec.stream import CodecStream
from audiorole.experiments.small.network import add_speech
from audiorole.experiments.small.prompt import SpokenChat
from audiorole.experiments.small.thinking import ENDED, Thinking
from audiorole.training.dialogues.examples import PERSONA
from audiorole.training.replying import ReplyPiece, Waveform, reply_example
from audiorole.training.tokens.token_cache import Codes
from audiorole.types import written_form
from audiorole.types.conversation import HeardTurn, SystemReply
from audiorole.types.record import Record

Request = tuple[Sequence[HeardTurn], str, int]
"""The turns so far, the character that answers, a seed."""

BLOCK = 25
"""Codes decoded at once, half a second."""

AT_ONCE = {"cuda": 128, "cpu": 16}
"""Replies that are thought beside each other, by device."""


class SmallParts(Record, frozen=True):
    """`small.json`: folders of the parts, relative to it or absolute. adapter: "" for the untrained base."""

    base: str
    adapter: str
    codec: str
    characters: tuple[str, ...] = ()
    series: str = ""
    persona: str = PERSONA


@dataclass
class SmallVoice:
    """The loaded parts. `reply` may be called from several threads; who steps through streams does it one at a time."""

    folder: Path
    parts: SmallParts
    device: str
    _busy: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sample_rate(self) -> int:
        """Hz of what it says."""
        return self._codec.config.sample_rate

    @property
    def characters(self) -> list[str]:
        """Who can be asked for, as the run was taught."""
        return list(self.parts.characters)

    def reply(
        self,
        turns: Sequence[HeardTurn],
        character: str,
        language: str,
        seed: int,
        reference_audio: Waveform | None = None,
    ) -> SystemReply | None:
        """Return {audio, sample_rate, text} in answer to `turns`, or None where no code came.

        turns: {character, text, audio: float32 `(num_samples,)`, sample_rate}, oldest first; without samples a turn
        was typed.
        """
        with self._busy:
            pieces = list(self.stream(turns, character, seed))
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        text = "".join(piece.text for piece in pieces).strip()
        return {"audio": samples, "sample_rate": self.sample_rate, "text": text} if len(samples) else None

    @property
    def at_once(self) -> int:
        """How many replies `replies` thinks of at once."""
        return AT_ONCE[self.device]

    def replies(self, asked: Sequence[Request]) -> list[SystemReply]:
        """Return what `reply` would say to each of `asked`, all of them thought at the same time."""
        with self._busy:
            prompts = [self._prompt(turns, character) for turns, character, _ in asked]
            steps = list(Thinking(self._model, self._chat, prompts, [seed for _, _, seed in asked]))
            rows = [[token for token in row if token != ENDED] for row in zip(*steps, strict=True)]
            return [self._spoken(row, character) for row, (_, character, _) in zip(rows, asked, strict=True)]

    def _spoken(self, tokens: Sequence[int], character: str) -> SystemReply:
        words = self._chat.tokenizer.decode([token for token in tokens if token < self._chat.words])
        codes = np.array([token - self._chat.first_audio for token in tokens if token >= self._chat.first_audio])
        audio = self._codec.decode(codes.astype(np.uint16), character)
        return {"audio": audio, "sample_rate": self.sample_rate, "text": words.strip()}

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[ReplyPiece]:
        """Yield the words, then the speech piece by piece, as soon as each can be heard."""
        text: list[int] = []
        codes: list[int] = []
        speech, shown = CodecStream(self._codec, character), False
        for (token,) in Thinking(self._model, self._chat, [self._prompt(turns, character)], [seed]):
            if token < self._chat.words:
                text.append(token)
                continue
            if not shown:
                yield ReplyPiece(self._chat.tokenizer.decode(text), np.zeros(0, np.float32))
                shown = True
            if token >= self._chat.first_audio:
                codes.append(token - self._chat.first_audio)
            if len(codes) == BLOCK:
                yield ReplyPiece("", speech.push(codes))
                codes = []
        yield ReplyPiece("" if shown else self._chat.tokenizer.decode(text), speech.push(codes, last=True))

    def _prompt(self, turns: Sequence[HeardTurn], character: str) -> list[int]:
        heard = {str(place): turn for place, turn in enumerate(turns) if len(turn["audio"])}
        example = reply_example(turns, character, self.parts.persona)

        def codes_of(place: str) -> Codes:
            turn = heard[place]
            audio = np.asarray(turn["audio"], dtype=np.float32)
            return self._codec.encode([resample(audio, int(turn["sample_rate"]), HEARING_RATE)])[0]

        return SpokenChat.of(self._chat.tokenizer, self._chat.words, codes_of).prompt(example)

    @cached_property
    def _chat(self) -> SpokenChat:
        folder = self.folder / self.parts.base
        words = msgspec.json.decode((folder / "config.json").read_bytes())["vocab_size"]
        return SpokenChat.of(Tokenizer.from_file(str(folder / "tokenizer.json")), int(words), _nothing)

    @cached_property
    def _codec(self) -> Codec:
        return load_codec(self.folder / self.parts.codec, self.device)

    @cached_property
    def _model(self) -> LlamaForCausalLM:
        return load_network(self.folder, self.parts, self._codec.config.levels, self.device)


def load_network(folder: Path, parts: SmallParts, levels: Sequence[int], device: str = "cpu") -> LlamaForCausalLM:
    """Return the text model with speech, its adapter's product added to the weights."""
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    model = add_speech(LlamaForCausalLM.from_pretrained(folder / parts.base, dtype=dtype), levels)
    if parts.adapter:
        with torch.inference_mode():
            model = PeftModel.from_pretrained(model, folder / parts.adapter).merge_and_unload()
    return model.to(device).eval()


def load_parts(folder: Path) -> SmallParts:
    """Return `small.json` of a run folder. Raises `InputError` where it cannot be read."""
    path = folder / "small.json"
    try:
        parts = msgspec.json.decode(path.read_bytes(), type=SmallParts)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}; is {folder} a finished run of the small base?") from None
    named = tuple(written_form(name, parts.series) for name in parts.characters)  # once the series stood beside them
    return msgspec.structs.replace(parts, characters=named)


def load_voice(location: str) -> SmallVoice:
    """Return the voice of the run folder `location`; its parts are loaded when they are first needed.

    `RUN#untrained` is the same run without what was learned, to compare with. Raises `InputError` where there is no
    readable `small.json`.
    """
    name, _, form = location.partition("#")
    parts = load_parts(Path(name))
    if form == "untrained":
        parts = msgspec.structs.replace(parts, adapter="")
    elif form:
        raise InputError(location, "only '#untrained' may follow the run folder")
    return SmallVoice(Path(name), parts, "cuda" if torch.cuda.is_available() else "cpu")


def _nothing(line: str) -> Codes:
    raise KeyError(line)
