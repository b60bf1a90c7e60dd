"""A training run in one folder: the steps that every base model takes alike.

out/examples.jsonl    what is learned; out/dropped.jsonl says why other dialogues are not
out/tokens/           codes of every line, found once
out/fit/              checkpoints and figures
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

import msgspec
from torch.utils.tensorboard import SummaryWriter

from audiorole.core.disk import write_atomic
from audiorole.core.progress import Progress
from audiorole.errors import ConfigError
from audiorole.training.backend import TrainResult, Waveform, count_reasons, write_records
from audiorole.training.claim import claim_run
from audiorole.training.dialogues.examples import Example, chosen_characters, prepare_examples, utterance_ids
from audiorole.training.dialogues.windows import window_dialogues
from audiorole.training.fit.checkpoint import check_checkpoint, checkpoints
from audiorole.training.fit.loop import FitData, FitResult, FitRun, Writer, run_digest
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes
from audiorole.training.samples import Samples
from audiorole.training.tokens.packing import Document
from audiorole.training.tokens.token_cache import Codes, Encode, TokenCache, tokenize
from audiorole.types import Dropped, Record, Utterance

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class LearnOptions(Protocol):
    """The fields that the `[train]` tables of all backends share.

    characters: who is learned, empty for all named ones; context_turns: turns before the target; held_out: the split
    that is measured, never trained on; persona: template of the instruction.
    """

    @property
    def characters(self) -> tuple[str, ...]: ...

    @property
    def context_turns(self) -> int: ...

    @property
    def held_out(self) -> str: ...

    @property
    def persona(self) -> str: ...


Options = TypeVar("Options", bound=LearnOptions)


class TrainingRun(Generic[Options]):
    """What a base model's own run builds on.

    lines: the dataset's, of all splits; audio: from a line's id to its waveform, float32 mono at 16 kHz.
    name: of the backend; parts_file: the file that names a finished run's parts.
    """

    name: ClassVar[str]
    parts_file: ClassVar[str]

    def __init__(
        self,
        options: Options,
        lines: Iterable[Utterance],
        audio: Callable[[str], Waveform],
        out: Path,
        make_folder: bool = True,
    ) -> None:
        self.options, self.lines, self.audio, self.out = options, list(lines), audio, out
        self.processes = Processes()
        if make_folder:
            out.mkdir(parents=True, exist_ok=True)

    def examples(self) -> tuple[list[Example], list[Dropped]]:
        """Return what is learned from or measured on, never of `test`, and the dialogues that are left out.

        Nothing is written. Raises `ConfigError` where there is nothing to learn from.
        """
        options = self.options
        dialogues = window_dialogues(self.lines, options.context_turns)
        made = list(prepare_examples(dialogues, self.chosen, options.context_turns, options.persona))
        examples = [item for item in made if isinstance(item, Example) and item.split != "test"]
        if not any(item.split != options.held_out for item in examples):
            raise ConfigError("No dialogue to train on: check the characters' names and that lines have scenes.")
        examples += self.further_examples()
        return examples, [item for item in made if isinstance(item, Dropped)]

    def begin(self, plan: FitPlan) -> tuple[list[Example], list[Dropped]]:
        """Return what `examples` does, and claim the folder for it: every base begins with this.

        Raises `ConfigError`, with nothing written, where the folder holds another run.
        """
        examples, dropped = self.examples()
        claim_run(self.out, plan, examples, self.processes)
        return examples, dropped

    def further_examples(self) -> list[Example]:
        """Return what this base learns besides the dialogues."""
        return []

    def find_codes(
        self, examples: Sequence[Example], audio: Callable[[str], Waveform], encoder: Callable[[], tuple[Encode, str]]
    ) -> Mapping[str, Codes]:
        """Return the codes of every line that `examples` speak; the first process finds them, the others read.

        encoder: gives what finds codes, and its fingerprint; only the first process asks for it. Raises `ConfigError`,
        with nothing written, where the run has a checkpoint and a line sounds otherwise than it did then.
        """
        folder = self.out / "tokens"
        index = folder / "lines.keys"
        if self.processes.first:
            encode, mark = encoder()
            known = _known_keys(index) if checkpoints(self.out / "fit") else {}
            keys = dict(tokenize(utterance_ids(examples), audio, encode, TokenCache(folder), mark, known=known))
            write_atomic(index, msgspec.json.encode(keys))
        self.processes.wait()
        found, cache = msgspec.json.decode(index.read_bytes(), type=dict[str, str]), TokenCache(folder)
        return {line: cache.read(key) for line, key in found.items()}

    def split_documents(
        self,
        examples: Iterable[Example],
        document_of: Callable[[Example], Document],
        capacity: int,
        dropped: list[Dropped],
    ) -> tuple[list[Document], list[Document]]:
        """Return the documents to learn and those to measure; one longer than a pack is added to `dropped`."""
        learned, measured = list[Document](), list[Document]()
        for example in examples:
            document = document_of(example)
            if len(document) > capacity:
                dropped.append(Dropped.of(example, "too_long", f"{len(document)} tokens"))
            else:
                (measured if example.split == self.options.held_out else learned).append(document)
        return learned, measured

    def keep_examples(self, plan: FitPlan, data: FitData, examples: Sequence[Example]) -> None:
        """Write `examples.jsonl`, once `data` is known to be what the run was begun with.

        Raises `ConfigError`, with nothing written, where it is not.
        """
        found = checkpoints(self.out / "fit")
        if found:
            check_checkpoint(found[-1], run_digest(plan, data), self.processes)
        if self.processes.first:
            write_records(self.out / "examples.jsonl", examples)

    def open_writer(self, plan: FitPlan) -> Writer:
        """Return where the figures of the run go."""
        folder = self.out / "fit" / "tensorboard"
        return SummaryWriter(str(folder)) if plan.report_to == "tensorboard" else NoReport()

    def fit_network(
        self,
        model: PreTrainedModel,
        data: FitData,
        plan: FitPlan,
        writer: Writer,
        samples: Samples | None,
        progress: Progress,
    ) -> FitResult:
        """Train `model`; samples: what makes the run heard while it trains."""
        return FitRun(model, data, plan, self.out / "fit", writer, self.processes, samples).run(progress)

    def finish(
        self, result: FitResult, examples: Sequence[Example], dropped: Sequence[Dropped], parts: Record
    ) -> TrainResult:
        """Write what was left out and which parts the run has; return the reference of the voice."""
        if self.processes.first:
            write_records(self.out / "dropped.jsonl", dropped)
            (self.out / self.parts_file).write_bytes(msgspec.json.format(msgspec.json.encode(parts)))
        return TrainResult(f"{self.name}@{self.out}", result, len(examples), count_reasons(dropped))

    @property
    def chosen(self) -> tuple[str, ...]:
        """The written forms of the characters that the options name; empty for all."""
        return chosen_characters(self.options.characters, self.lines)

    @property
    def series(self) -> str:
        """The series that the lines are from, as a card says it."""
        return ", ".join(sorted({line.series for line in self.lines}))


def characters_of(examples: Iterable[Example]) -> tuple[str, ...]:
    """Return who speaks in `examples`, by written form, sorted."""
    return tuple(sorted({example.character for example in examples}))


def _known_keys(index: Path) -> dict[str, str]:
    """Return the lines of a run that goes on; none where nobody wrote them down."""
    try:
        return msgspec.json.decode(index.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


class NoReport:
    """The plan reports to nobody."""

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Nothing is kept."""
