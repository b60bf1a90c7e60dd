"""Steps that every trainer backend takes alike: examples out of lines, codes found once, documents, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from torch.utils.tensorboard import SummaryWriter

from audiorole.errors import ConfigError
from audiorole.training.backend import Waveform, write_records
from audiorole.training.dialogues.examples import Example, prepare_examples, utterance_ids
from audiorole.training.dialogues.windows import window_dialogues
from audiorole.training.fit.loop import Writer
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes
from audiorole.training.tokens.packing import Document
from audiorole.training.tokens.token_cache import Codes, Encode, TokenCache, tokenize
from audiorole.types import Dropped, Utterance


class Taught(Protocol):
    """Whom to teach, and what of: the fields that the `[train]` tables of all backends share."""

    @property
    def characters(self) -> tuple[str, ...]:
        """Empty for all named ones."""

    @property
    def context_turns(self) -> int:
        """Turns before the target."""

    @property
    def held_out(self) -> str:
        """The split that is measured, never trained on."""

    @property
    def persona(self) -> str:
        """Template of the instruction."""


def dialogue_examples(lines: Iterable[Utterance], taught: Taught) -> tuple[list[Example], list[Dropped]]:
    """Return what is learned from or measured on, never of `test`, and the dialogues that are left out.

    Raises `ConfigError` where there is nothing to learn from.
    """
    dialogues = window_dialogues(lines, taught.context_turns)
    made = list(prepare_examples(dialogues, taught.characters, taught.context_turns, taught.persona))
    examples = [item for item in made if isinstance(item, Example) and item.split != "test"]
    if not any(item.split != taught.held_out for item in examples):
        raise ConfigError("No dialogue to train on: check the characters' names and that lines have scenes.")
    return examples, [item for item in made if isinstance(item, Dropped)]


def find_codes(
    examples: Sequence[Example],
    audio: Callable[[str], Waveform],
    encoder: Callable[[], tuple[Encode, str]],
    folder: Path,
    processes: Processes,
) -> Mapping[str, Codes]:
    """Return the codes of every line that `examples` speak; the first process finds them, the others read.

    encoder: gives what finds codes, and its fingerprint; only the first process asks for it. folder: of the cache.
    """
    index = folder / "lines.keys"
    if processes.first:
        encode, mark = encoder()
        keys = dict(tokenize(utterance_ids(examples), audio, encode, TokenCache(folder), mark))
        index.write_bytes(msgspec.json.encode(keys))
    processes.wait()
    found, cache = msgspec.json.decode(index.read_bytes(), type=dict[str, str]), TokenCache(folder)
    return {line: cache.read(key) for line, key in found.items()}


def split_documents(
    examples: Iterable[Example],
    document_of: Callable[[Example], Document],
    capacity: int,
    held_out: str,
    dropped: list[Dropped],
) -> tuple[list[Document], list[Document]]:
    """Return the documents to learn and those to measure; one longer than a pack is added to `dropped`."""
    learned, measured = list[Document](), list[Document]()
    for example in examples:
        document = document_of(example)
        if len(document) > capacity:
            dropped.append(Dropped.of(example, "too_long", f"{len(document)} tokens"))
        else:
            (measured if example.split == held_out else learned).append(document)
    return learned, measured


def open_writer(plan: FitPlan, folder: Path) -> Writer:
    """Return where the figures of a run go."""
    return SummaryWriter(str(folder / "tensorboard")) if plan.report_to == "tensorboard" else NoReport()


def write_examples(out: Path, examples: Sequence[Example], processes: Processes) -> None:
    """Write `examples.jsonl`, once."""
    if processes.first:
        write_records(out / "examples.jsonl", examples)


class NoReport:
    """The plan reports to nobody."""

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Nothing is kept."""
