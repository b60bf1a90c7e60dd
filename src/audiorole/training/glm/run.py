"""`audiorole train` for GLM-4-Voice: lines of a dataset become a voice. Each step finds what is done and goes on.

out/base/             the native network, when the given one is in GLM-4-Voice's layout
out/examples.jsonl    what is learned; out/dropped.jsonl says why other dialogues are not
out/tokens/           codes of every line, for this speech tokenizer
out/fit/              checkpoints, TensorBoard's figures
out/flows/NAME/       the decoder's flow for each character
out/voice.json        the parts, for `glm-4-voice@out`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import GlmForCausalLM

from audiorole.audio.resample import resample
from audiorole.core.folder_names import folder_names
from audiorole.core.progress import Progress, Silent
from audiorole.errors import ConfigError, InputError
from audiorole.training.backend import TrainResult, read_table
from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder
from audiorole.training.decoder.load import load_flow, load_hift
from audiorole.training.decoder.mel import SAMPLE_RATE
from audiorole.training.dialogues.examples import PERSONA, Example
from audiorole.training.fit.loop import FitData, FitResult, Writer
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.convert import convert_to_native
from audiorole.training.glm.prompt import PromptFormat, Specials
from audiorole.training.glm.samples import AudioSamples
from audiorole.training.glm.text_tokenizer import load_tokenizer
from audiorole.training.glm.voice import VoiceParts
from audiorole.training.replying import AudioWriter
from audiorole.training.run import TrainingRun, characters_of
from audiorole.training.tokens.token_cache import Codes, Encode
from audiorole.training.whisper_vq.encoder import fingerprint, load_encoder
from audiorole.training.whisper_vq.features import SAMPLE_RATE as HEARING_RATE
from audiorole.training.whisper_vq.tokenize import SpeechTokenizer
from audiorole.types import Dropped

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrainOptions:
    """The `[train]` table of a recipe: which parts to begin with, and whom to teach.

    weights: GLM-4-Voice's folder, in its own or the native layout, with its tokenizer files. speech_tokenizer, decoder:
    folders of the two other published parts; without a decoder no voice is fitted. characters: empty for all named
    ones. held_out: the split that is measured, never trained on.
    """

    weights: Path
    speech_tokenizer: Path
    decoder: Path | None = None
    characters: tuple[str, ...] = ()
    context_turns: int = 6
    held_out: str = "validation"
    persona: str = PERSONA


class GlmTraining(TrainingRun[TrainOptions]):
    """A run of GLM-4-Voice."""

    name, parts_file = "glm-4-voice", "voice.json"

    def run(self, fit: FitPlan, decoder: DecoderPlan | None = None, progress: Progress | None = None) -> TrainResult:
        """Do every step; return the reference of the voice. Raises `ConfigError` where nothing can be learned."""
        progress = progress or Silent()
        _check_folders(self.options)
        examples, dropped = self.begin(fit)
        codes = self.codes(examples)
        data = self.documents(examples, codes, fit.capacity, dropped)
        self.keep_examples(fit, data, examples)
        result = self.fit(data, fit, progress)
        flows = self.fit_voices(examples, codes, decoder) if decoder and self.options.decoder else {}
        return self.finish(result, examples, dropped, self._parts(result, fit, flows, examples))

    def codes(self, examples: Sequence[Example]) -> Mapping[str, Codes]:
        """Return the codes of every line the examples speak."""
        folder, device = self.options.speech_tokenizer, self.processes.device

        def encoder() -> tuple[Encode, str]:
            return SpeechTokenizer(load_encoder(folder, device), device).codes, fingerprint(folder)

        return self.find_codes(examples, self.audio, encoder)

    def documents(
        self, examples: Sequence[Example], codes: Mapping[str, Codes], capacity: int, dropped: list[Dropped]
    ) -> FitData:
        """Return the examples as tokens; those longer than a pack are added to `dropped`."""
        tokenizer, specials = load_tokenizer(self.options.weights), self._specials()
        prompts = PromptFormat(
            tokenizer, specials, codes.__getitem__, label_context=False
        )  # each turn is a target once
        train, held_out = self.split_documents(examples, prompts.document, capacity, dropped)
        return FitData(train, held_out, specials.pad, specials.first_audio)

    def fit(self, data: FitData, plan: FitPlan, progress: Progress) -> FitResult:
        """Train the language model."""
        dtype = torch.bfloat16 if self.processes.device.type == "cuda" or plan.method == "full" else torch.float32
        model = GlmForCausalLM.from_pretrained(self._native(), dtype=dtype)
        writer = self.open_writer(plan)
        return self.fit_network(model, data, plan, writer, self._samples(data, plan, writer), progress)

    def _samples(self, data: FitData, plan: FitPlan, writer: Writer) -> AudioSamples | None:
        """Return what makes a run heard: one held-out reply a character. A sharded network does not generate."""
        sharded = plan.method == "full" and self.processes.count > 1
        if self.options.decoder is None or sharded or not isinstance(writer, AudioWriter):
            return None
        device, chosen = self.processes.device, {document.character: document for document in data.held_out}
        flow, hift = load_flow(self.options.decoder, device), load_hift(self.options.decoder, device)
        return AudioSamples(list(chosen.values()), self._specials(), flow, hift, writer)

    def fit_voices(self, examples: Sequence[Example], codes: Mapping[str, Codes], plan: DecoderPlan) -> dict[str, str]:
        """Fit the flow to each character's own lines; return character → folder, relative to the run's."""
        if self.options.decoder is None:
            raise ConfigError("Fitting a voice needs the decoder: set decoder in the recipe.")
        flows = {}
        for character, name in folder_names(sorted({example.character for example in examples})).items():
            own = _lines_of(character, [item for item in examples if item.split != self.options.held_out])
            pairs = [VoicePair.of(codes[line], resample(self.audio(line), HEARING_RATE, SAMPLE_RATE)) for line in own]
            folder = self.out / "flows" / name
            if pairs and self.processes.first:
                flow = load_flow(self.options.decoder, self.processes.device)
                fit_decoder(flow, pairs, plan, folder)
                _copy_settings(self.options.decoder, folder)
            if pairs:
                flows[character] = str(folder.relative_to(self.out))
        return flows

    def _specials(self) -> Specials:
        config = json.loads((self.options.speech_tokenizer / "config.json").read_text())
        return Specials.of(load_tokenizer(self.options.weights), config["quantize_vocab_size"])

    def _native(self) -> Path:
        """Return the folder of the native network, converting GLM-4-Voice's layout once."""
        path = self.options.weights / "config.json"
        if not path.is_file():
            raise InputError(str(path), "does not exist; weights is the folder of a GLM-4-Voice network")
        if json.loads(path.read_text()).get("model_type") == "glm":
            return self.options.weights
        native = self.out / "base"
        if self.processes.first and not native.exists():
            convert_to_native(self.options.weights, native)
        self.processes.wait()
        return native

    def _parts(
        self, result: FitResult, plan: FitPlan, flows: dict[str, str], examples: Sequence[Example]
    ) -> VoiceParts:
        checkpoint = str(result.checkpoint.relative_to(self.out))
        whole = plan.method == "full"
        return VoiceParts(
            base=checkpoint if whole else str(self._native().absolute()),
            text_tokenizer=str(self.options.weights.absolute()),
            speech_tokenizer=str(self.options.speech_tokenizer.absolute()),
            decoder=str(self.options.decoder.absolute()) if self.options.decoder else "",
            characters=characters_of(examples),
            series=self.series,
            persona=self.options.persona,
            adapter="" if whole else checkpoint,
            flows=flows,
        )


def _check_folders(options: TrainOptions) -> None:
    """Raise `ConfigError` where a part of the base is not there: before hours of work, and for all parts at once."""
    parts = {"weights": options.weights, "speech-tokenizer": options.speech_tokenizer, "decoder": options.decoder}
    absent = {name: path for name, path in parts.items() if path is not None and not path.is_dir()}
    if absent:
        named = ", ".join(f"{name} {str(path)!r}" for name, path in absent.items())
        given = " ".join(f"--{name} FOLDER" for name in absent)
        raise ConfigError(f"GLM-4-Voice is not whole on this machine: no folder for {named}. Say where: {given}")


def _lines_of(character: str, examples: Iterable[Example]) -> list[str]:
    """Return the ids of the lines that `character` speaks in `examples`, each once."""
    spoken = (speech for item in examples for message in item.messages for speech in message.speech)
    own = (line for speech in spoken if speech.character == character for line in speech.utterances)
    return list(dict.fromkeys(own))


def _copy_settings(source: Path, target: Path) -> None:
    if (source / "config.yaml").is_file():
        (target / "config.yaml").write_bytes((source / "config.yaml").read_bytes())


def read_options(table: Mapping[str, object]) -> TrainOptions:
    """Return the `[train]` table of a recipe as options, every key and type checked."""
    return read_table(table, TrainOptions)
