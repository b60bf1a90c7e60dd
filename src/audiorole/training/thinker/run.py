"""`audiorole train --base talker`: lines of a dataset become characters that think and speak.

out/base/             the text model, unpacked from its weight
out/examples.jsonl    what is learned; out/dropped.jsonl says why other dialogues are not
out/fit/              adapters, checkpoints, TensorBoard's figures
out/voices/           a voice file for each character
out/rights.toml       to be filled in before anything is exported
out/README.md         the card: what the voices were made of, by which plan
out/talker.json       the parts, for `talker@out`
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from msgspec.structs import replace

from audiorole.core.disk import write_atomic
from audiorole.core.progress import Progress, Silent
from audiorole.errors import ConfigError
from audiorole.models.phonemes import load_phonemes
from audiorole.models.phonemes.lexicon import FILES as LEXICONS
from audiorole.models.requirements import require_models, require_weights
from audiorole.training.backend import Rights, TrainResult
from audiorole.training.dialogues.examples import Example, prepare_examples
from audiorole.training.dialogues.windows import window_dialogues
from audiorole.training.fit.loop import FitData, FitResult
from audiorole.training.fit.plan import FitPlan
from audiorole.training.run import TrainingRun
from audiorole.training.talker.models import load_fit_models
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.thinker.card import CARD, run_card
from audiorole.training.thinker.options import TalkerOptions, taught_characters
from audiorole.training.thinker.parts import FILE, TalkerParts, write_rights
from audiorole.training.thinker.persona import PersonaCard, make_cards
from audiorole.training.thinker.prompt import TextChat, choose_taught, said_text
from audiorole.training.thinker.text_model import open_text_model, unpack_gguf
from audiorole.training.thinker.voices import VoiceMaker, nearest_stock, one_clip
from audiorole.types import Dropped, Utterance


class TalkerTraining(TrainingRun[TalkerOptions]):
    """A run of the base talker."""

    name, parts_file = "talker", FILE

    def run(self, fit: FitPlan, voice: VoicePlan, rights: Rights, progress: Progress | None = None) -> TrainResult:
        """Do every step; return the reference of the cast. Raises `ConfigError` where nothing can be learned."""
        if fit.method != "lora":
            raise ConfigError(f"The base talker learns with method 'lora', not {fit.method!r}.")
        progress = progress or Silent()
        require_weights(self.weights())
        require_models(self.models(voice))
        examples, dropped = self.begin(fit)
        data = self.documents(examples, fit.capacity, dropped)
        self.keep_examples(fit, data, examples)
        result = self.fit(data, fit, progress)
        voices = self.voices(voice, progress)
        write_rights(self.out, rights)
        parts = self._parts(result, voices)
        write_atomic(self.out / CARD, run_card(self.out, parts, "run", rights).encode())
        return self.finish(result, examples, [*dropped, *voices.dropped], parts)

    def examples(self) -> tuple[list[Example], list[Dropped]]:
        """Return windows that teach every target once, each with the card of who answers, and what is left out."""
        options, wide = self.options, 2 * self.options.context_turns
        names = () if options.company else self.characters()
        dialogues = window_dialogues(self.lines, wide)
        made = list(prepare_examples(dialogues, names, wide, options.persona))
        windows = [item for item in made if isinstance(item, Example) and item.split != "test"]
        if not any(item.split != options.held_out for item in windows):
            raise ConfigError("No dialogue to train on: check the characters' names and that lines have scenes.")
        self._cards = make_cards(windows, options.held_out)
        self._taught = choose_taught(windows, options.context_turns)
        chosen = [item for item in windows if item.id in self._taught]
        with_card = [replace(item, persona=self._cards[item.character].instruction()) for item in chosen]
        return with_card, [item for item in made if isinstance(item, Dropped)]

    def documents(self, examples: Sequence[Example], capacity: int, dropped: list[Dropped]) -> FitData:
        """Return the examples as tokens; those longer than a pack are added to `dropped`."""
        chat = TextChat.of(self._base())
        train, held_out = self.split_documents(
            examples, lambda example: chat.document(example, self._taught[example.id]), capacity, dropped
        )
        return FitData(train, held_out, chat.stop, chat.first_audio)

    def fit(self, data: FitData, plan: FitPlan, progress: Progress) -> FitResult:
        """Train the adapters of the text model."""
        model = open_text_model(self._base(), self.processes.device)
        model.config._name_or_path = Path(self.options.text_model).name  # not where it was unpacked
        return self.fit_network(model, data, plan, self.open_writer(plan), None, progress)

    def voices(self, plan: VoicePlan, progress: Progress) -> VoiceMaker:
        """Return the voices of the characters, fitted by the first process; with `fit_voices` off there are none."""
        device, held_out = self.processes.device.type, self.options.held_out
        models = cache(partial(load_fit_models, plan, device))
        maker = VoiceMaker(self.out, self.lines, self.audio, load_phonemes(), plan, models, held_out, device)
        if self.options.fit_voices and self.processes.first:
            maker.make(self.characters(), progress)
        self.processes.wait()
        return maker

    def clips(self) -> dict[str, str]:
        """Return character → the stock voice most like one clip of it, where the run was asked for that."""
        if not self.options.one_shot:
            return {}
        found = {name: one_clip(self.lines, name, self.options.held_out) for name in self.characters()}
        return nearest_stock({name: self.audio(line.id) for name, line in found.items() if line}, load_phonemes())

    def letters(self, example: Example) -> int:
        """Return how many letters the text model reads of an example."""
        return len(example.persona) + sum(len(said_text(message)) for message in example.messages)

    def characters(self) -> tuple[str, ...]:
        """Return the written forms of who is taught."""
        return taught_characters(self.options, self.lines)

    def _base(self) -> Path:
        """Return the folder of the text model, unpacking the weight once."""
        given = Path(self.options.text_model)
        if given.is_dir():
            return given
        folder = self.out / "base"
        if self.processes.first and not folder.exists():
            unpack_gguf(self.options.text_model, folder)
        self.processes.wait()
        return folder

    def weights(self) -> list[str]:
        """Return the weights that this run reads: all are asked for before the first step."""
        unpacked = Path(self.options.text_model).is_dir() or (self.out / "base").is_dir()
        return [*([] if unpacked else [self.options.text_model]), *LEXICONS]

    def models(self, plan: VoicePlan) -> list[tuple[str, str]]:
        """Return (kind, reference) of the models that fit voices; none where no voice is fitted."""
        if not self.options.fit_voices:
            return []
        encoders = [("speaker-embedder", name) for name in (*plan.encoders, plan.judge)]
        return [
            *encoders,
            ("transcriber", plan.transcriber),
            ("voice-activity", "silero-vad"),
            ("synthesiser", "kokoro"),
        ]

    def _parts(self, result: FitResult, voices: VoiceMaker) -> TalkerParts:
        given = Path(self.options.text_model)
        return TalkerParts(
            base=str(given.absolute()) if given.is_dir() else "base",
            base_weight=given.name,
            adapter=str(result.checkpoint.relative_to(self.out)),
            cards={name: self._cards.get(name, PersonaCard(name)) for name in self.characters()},
            voices=dict(voices.files),
            clips=self.clips(),
            stock=self.options.stock,
            persona=self.options.persona,
            context_turns=self.options.context_turns,
            series=self.series,
            dataset=_described(self.lines),
            fitted={name: dict(facts) for name, facts in voices.facts.items()},
        )


def _described(lines: Sequence[Utterance]) -> str:
    """Return how many lines a run learned from, and a hash of what they are."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line.id}\t{line.who}\t{line.split}\t{line.text}\n".encode())
    return f"{len(lines):,} lines, SHA-256 of ids, names and texts {digest.hexdigest()[:16]}"
