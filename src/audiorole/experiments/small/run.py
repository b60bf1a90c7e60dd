"""`audiorole train` with the small base: lines of a dataset become a codec and a voice. Each step finds what is done.

out/codec/            the codec, learned from the dataset's own training lines
out/base/             the text model, unpacked from the weight
out/examples.jsonl    what is learned; out/dropped.jsonl says why other dialogues are not
out/tokens/           codes of every line, for this codec
out/fit/              adapters, rows of speech, checkpoints, TensorBoard's figures
out/small.json        the parts, for `small@out`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from audiorole.audio.resample import resample
from audiorole.core.progress import Progress, Silent
from audiorole.errors import ConfigError
from audiorole.experiments.small.codec.codec import HEARING_RATE, Codec, fingerprint, load_codec
from audiorole.experiments.small.codec.config import CodecPlan
from audiorole.experiments.small.codec.make import make_codec
from audiorole.experiments.small.network import add_speech, unpack_gguf
from audiorole.experiments.small.prompt import SpokenChat
from audiorole.experiments.small.samples import SmallSamples
from audiorole.experiments.small.voice import SmallParts
from audiorole.models.requirements import require_weights
from audiorole.training.backend import TrainResult
from audiorole.training.dialogues.examples import PERSONA, Example, Message, TurnAudio, persona_of
from audiorole.training.fit.loop import FitData, FitResult, Writer
from audiorole.training.fit.plan import FitPlan
from audiorole.training.replying import AudioWriter
from audiorole.training.run import TrainingRun, characters_of
from audiorole.training.tokens.token_cache import Codes, Encode
from audiorole.types import Dropped, Utterance

Waveform = npt.NDArray[np.float32]

READ_ALOUD = "Read aloud: "
READ_AT = "Read aloud at {speed} times the pace: "
AT = "@"
"""Between a line's id and the speed at which it is heard."""


@dataclass(frozen=True)
class SmallOptions:
    """The `[train]` table of a recipe for the small base.

    base: a weight of the catalogue (GGUF), or a folder with a `LlamaForCausalLM` and its tokenizer.json. characters:
    empty for all named ones. read_aloud: every training line is learned once more as words to be read, without a
    conversation; speeds: and again at each of these. held_out: the split that is measured, never trained on.
    """

    base: str = "smollm2-135m-instruct-q4_1.gguf"
    characters: tuple[str, ...] = ()
    context_turns: int = 6
    read_aloud: bool = True
    speeds: tuple[float, ...] = ()
    held_out: str = "validation"
    persona: str = PERSONA


class SmallTraining(TrainingRun[SmallOptions]):
    """A run of the small base."""

    name, parts_file = "small", "small.json"

    def run(self, fit: FitPlan, codec: CodecPlan, progress: Progress | None = None) -> TrainResult:
        """Do every step; return the reference of the voice. Raises `ConfigError` where nothing can be learned."""
        if fit.method != "lora":
            raise ConfigError(f"The small base learns with method 'lora', not {fit.method!r}.")
        progress = progress or Silent()
        require_weights(self._weights(codec))
        examples, dropped = self.begin(fit)
        writer = self.open_writer(fit)
        speech = self.codec(codec, writer, progress)
        codes = self.codes(examples, speech)
        data = self.documents(examples, codes, fit.capacity, dropped)
        self.keep_examples(fit, data, examples)
        result = self.fit(data, fit, writer, speech, progress)
        return self.finish(result, examples, dropped, self._parts(result, examples))

    def further_examples(self) -> list[Example]:
        """Return every training line once more, as words to be read aloud at each speed."""
        if not self.options.read_aloud:
            return []
        lines = [line for line in self._training_lines() if self._is_learned(line)]
        return [self._read_aloud(line, speed) for speed in (1.0, *self.options.speeds) for line in lines]

    def codec(self, plan: CodecPlan, writer: Writer, progress: Progress) -> Codec:
        """Return the codec, learned from all training lines if it is not there yet."""
        folder = self.out / "codec"
        if self.processes.first:
            progress.start("codec", {f"step {number}": 1.0 for number in range(1, plan.steps + 1)})

            def report(step: int, figures: Mapping[str, float]) -> None:
                progress.done(f"step {step + 1}", [])
                for name, value in figures.items():
                    writer.add_scalar(f"codec/{name}", value, step + 1)

            held_out = [line for line in self.lines if line.split == self.options.held_out]
            make_codec(self._training_lines(), self.audio, plan, folder, self.processes.device, held_out, report)
        self.processes.wait()
        return load_codec(folder, self.processes.device)

    def codes(self, examples: Sequence[Example], codec: Codec) -> Mapping[str, Codes]:
        """Return the codes of every line the examples speak."""

        def encoder() -> tuple[Encode, str]:
            return codec.encode, fingerprint(self.out / "codec")

        return self.find_codes(examples, self._sound, encoder)

    def documents(
        self, examples: Sequence[Example], codes: Mapping[str, Codes], capacity: int, dropped: list[Dropped]
    ) -> FitData:
        """Return the examples as tokens; those longer than a pack are added to `dropped`."""
        tokenizer = Tokenizer.from_file(str(self._base() / "tokenizer.json"))
        chat = SpokenChat.of(tokenizer, self._words(), codes.__getitem__)
        train, held_out = self.split_documents(examples, chat.document, capacity, dropped)
        return FitData(train, held_out, chat.stop, chat.first_audio)

    def fit(self, data: FitData, plan: FitPlan, writer: Writer, codec: Codec, progress: Progress) -> FitResult:
        """Train the language model: adapters on its layers, and the rows of speech whole."""
        dtype = torch.bfloat16 if self.processes.device.type == "cuda" else torch.float32
        model = LlamaForCausalLM.from_pretrained(self._base(), dtype=dtype)
        model.config._name_or_path = self.options.base  # not where it was unpacked
        model = add_speech(model, codec.config.levels, plan.seed)
        heard = None
        if isinstance(writer, AudioWriter):
            chosen = {document.character: document for document in data.held_out}
            heard = SmallSamples(list(chosen.values()), data.pad, data.first_audio, codec, writer)
        return self.fit_network(model, data, plan, writer, heard, progress)

    def _training_lines(self) -> list[Utterance]:
        return [line for line in self.lines if line.split not in ("test", self.options.held_out)]

    def _is_learned(self, line: Utterance) -> bool:
        names = self.chosen
        return bool(line.who and line.text) and (not names or line.who in names)

    def _sound(self, said: str) -> Waveform:
        """Return the waveform of a line, or of `line@speed`."""
        line, _, speed = said.partition(AT)
        return resample(self.audio(line), round(HEARING_RATE * float(speed or 1)), HEARING_RATE)

    def _read_aloud(self, line: Utterance, speed: float) -> Example:
        """Return `line` as an example without a conversation."""
        at, asked = ("", READ_ALOUD) if speed == 1 else (f"{AT}{speed}", READ_AT.format(speed=speed))
        spoken = TurnAudio(utterances=(line.id + at,), text=line.text, character=line.who)
        return Example(
            id=f"{line.id}#read{at}",
            series=line.series,
            episode=line.episode,
            character=line.who,
            persona=persona_of(line.who, self.options.persona),
            messages=(
                Message(role="user", speech=(TurnAudio(utterances=(), text=asked + line.text),)),
                Message(role="assistant", speech=(spoken,)),
            ),
            split=line.split,
        )

    def _base(self) -> Path:
        """Return the folder of the text model, unpacking the weight once."""
        given = Path(self.options.base)
        if given.is_dir():
            return given
        folder = self.out / "base"
        if self.processes.first and not folder.exists():
            unpack_gguf(self.options.base, folder)
        self.processes.wait()
        return folder

    def _weights(self, codec: CodecPlan) -> list[str]:
        """Return the weights that this run has yet to read: all are asked for before the first step."""
        names = [] if Path(self.options.base).is_dir() or (self.out / "base").is_dir() else [self.options.base]
        made = (self.out / "codec" / "codec.safetensors").is_file()
        return names if made or not codec.ears else [*names, f"{codec.ears}/model.bin"]

    def _words(self) -> int:
        return int(msgspec.json.decode((self._base() / "config.json").read_bytes())["vocab_size"])

    def _parts(self, result: FitResult, examples: Sequence[Example]) -> SmallParts:
        base = Path(self.options.base)
        return SmallParts(
            base=str(base.absolute()) if base.is_dir() else "base",
            adapter=str(result.checkpoint.relative_to(self.out)),
            codec="codec",
            characters=characters_of(examples),
            series=self.series,
            persona=self.options.persona,
        )
