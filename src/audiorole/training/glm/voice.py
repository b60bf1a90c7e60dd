"""A trained GLM-4-Voice that answers: the whole way from the turns so far to samples, as a stream.

A run folder's `voice.json` names its parts; `load_voice` makes it the model behind `glm-4-voice@FOLDER`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from peft import PeftModel
from transformers import GlmForCausalLM

from audiorole.audio.resample import resample
from audiorole.errors import InputError
from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.hift import Hift
from audiorole.training.decoder.load import load_flow, load_hift
from audiorole.training.decoder.mel import SAMPLE_RATE
from audiorole.training.decoder.stream import SpeechStream
from audiorole.training.dialogues.examples import PERSONA
from audiorole.training.glm.prompt import PromptFormat, Specials
from audiorole.training.glm.text_tokenizer import load_tokenizer
from audiorole.training.replying import ReplyPiece, Waveform, new_cache, reply_example, sample
from audiorole.training.whisper_vq.encoder import load_encoder
from audiorole.training.whisper_vq.features import SAMPLE_RATE as HEARING_RATE
from audiorole.training.whisper_vq.tokenize import SpeechTokenizer
from audiorole.types import written_form
from audiorole.types.conversation import HeardTurn, SystemReply
from audiorole.types.record import Record

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from audiorole.training.fit.parameters import Network

BLOCKS = (25, 50, 100, 150, 200)
"""Codes decoded at once: few at first, so that the first sound comes early; the published demo's sizes."""

TEMPERATURE, TOP_P = 0.2, 0.8
"""The published demo's sampling."""

LONGEST_REPLY = 2000
"""Tokens; the published demo's limit, about 100 s of speech."""


class VoiceParts(Record, frozen=True):
    """`voice.json`: folders of the parts, relative to it or absolute. adapter: "" for a network trained whole.

    flows: character → folder of its own flow; others speak with the decoder's.
    """

    base: str
    text_tokenizer: str
    speech_tokenizer: str
    decoder: str
    characters: tuple[str, ...] = ()
    series: str = ""
    persona: str = PERSONA
    adapter: str = ""
    flows: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass
class GlmVoice:
    """The loaded parts. `reply` may be called from several threads; who steps through streams does it one at a time."""

    sample_rate = SAMPLE_RATE

    folder: Path
    parts: VoiceParts
    device: str
    _busy: threading.Lock = field(default_factory=threading.Lock)

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
        """Return {audio, sample_rate, text} in answer to `turns`, or None where no audio token came.

        turns: {character, text, audio: float32 `(num_samples,)`, sample_rate}, oldest first; without
        samples a turn was typed.
        """
        with self._busy:
            pieces = list(self.stream(turns, character, seed))
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        text = "".join(piece.text for piece in pieces).strip()
        return {"audio": samples, "sample_rate": SAMPLE_RATE, "text": text} if len(samples) else None

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[ReplyPiece]:
        """Yield the reply piece by piece, as soon as each can be heard."""
        speech = SpeechStream(self._flow(character), self._hift)
        text, codes, block = list[int](), list[int](), 0
        for token in self._generate(self._prompt(turns, character), seed):
            (codes if token >= self._specials.first_audio else text).append(token)
            if len(codes) >= BLOCKS[min(block, len(BLOCKS) - 1)]:
                yield self._piece(speech, text, codes, last=False)
                text, codes, block = [], [], block + 1
        yield self._piece(speech, text, codes, last=True)

    def _piece(self, speech: SpeechStream, text: list[int], codes: list[int], last: bool) -> ReplyPiece:
        first = self._specials.first_audio
        return ReplyPiece(self._text.decode(text), speech.push([code - first for code in codes], last).numpy())

    def _generate(self, prompt: list[int], seed: int) -> Iterator[int]:
        """Yield the tokens of a reply, without the one that ends it."""
        random = torch.Generator().manual_seed(seed)
        known = self._specials.first_audio + self._ears.encoder.config.quantize_vocab_size  # the rest is filling
        given, cache = torch.tensor([prompt], device=self.device), new_cache(GlmForCausalLM)
        for _ in range(LONGEST_REPLY):
            with torch.inference_mode():
                output = self._model(input_ids=given, use_cache=True, logits_to_keep=1, **cache)
            token = sample(output.logits[0, -1, :known].float().cpu(), random, TEMPERATURE, TOP_P)
            if token in (self._specials.user, self._specials.pad):
                return
            yield token
            given = torch.tensor([[token]], device=self.device)

    def _prompt(self, turns: Sequence[HeardTurn], character: str) -> list[int]:
        codes = dict(zip(map(str, range(len(turns))), self._ears.codes([_heard(turn) for turn in turns]), strict=True))
        example = reply_example(turns, character, self.parts.persona)
        return PromptFormat(self._text, self._specials, codes.__getitem__).prompt(example)

    def _flow(self, character: str) -> Flow:
        if character not in self.parts.flows:
            return self._plain
        if character not in self._flows:
            self._flows[character] = load_flow(self.folder / self.parts.flows[character], self.device)
        return self._flows[character]

    @cached_property
    def _flows(self) -> dict[str, Flow]:
        return {}

    @cached_property
    def _plain(self) -> Flow:
        return load_flow(self.folder / self.parts.decoder, self.device)

    @cached_property
    def _hift(self) -> Hift:
        return load_hift(self.folder / self.parts.decoder, self.device)

    @cached_property
    def _text(self) -> PreTrainedTokenizerFast:
        return load_tokenizer(self.folder / self.parts.text_tokenizer)

    @cached_property
    def _ears(self) -> SpeechTokenizer:
        return SpeechTokenizer(load_encoder(self.folder / self.parts.speech_tokenizer, self.device), self.device)

    @cached_property
    def _specials(self) -> Specials:
        return Specials.of(self._text, self._ears.encoder.config.quantize_vocab_size)

    @cached_property
    def _model(self) -> Network:
        dtype = torch.bfloat16 if self.device == "cuda" else torch.float32
        model = GlmForCausalLM.from_pretrained(self.folder / self.parts.base, dtype=dtype).to(self.device)
        if self.parts.adapter:
            model = PeftModel.from_pretrained(model, self.folder / self.parts.adapter)
        model.eval()
        return model


def load_voice(location: str) -> GlmVoice:
    """Return the voice of the run folder `location`; its parts are loaded when they are first needed.

    Raises `InputError` where there is no readable `voice.json`.
    """
    path = Path(location) / "voice.json"
    try:
        parts = _written(msgspec.json.decode(path.read_bytes(), type=VoiceParts))
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}") from None
    return GlmVoice(Path(location), parts, "cuda" if torch.cuda.is_available() else "cpu")


def _written(parts: VoiceParts) -> VoiceParts:
    """Return the parts with everybody's written form; older runs learned one series and named it once."""
    return msgspec.structs.replace(
        parts,
        characters=tuple(written_form(name, parts.series) for name in parts.characters),
        flows={written_form(name, parts.series): flow for name, flow in parts.flows.items()},
    )


def _heard(turn: HeardTurn) -> Waveform:
    audio = np.asarray(turn["audio"], dtype=np.float32)
    return resample(audio, int(turn["sample_rate"]), HEARING_RATE)
