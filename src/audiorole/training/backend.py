"""A trainer backend: one base model that `audiorole train`, `chat` and `export` know by a name.

A backend is a class without arguments. `[train] backend = "small"` in a recipe names it; the reference that training
returns, `small@RUN`, leads `chat`, `export` and `evaluate` back to it. Third parties register theirs under the entry
point group `audiorole.trainers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from audiorole.core.progress import Progress
from audiorole.core.registry import Registry
from audiorole.errors import ConfigError
from audiorole.types import Dropped, Utterance
from audiorole.types.conversation import HeardTurn, SystemReply
from audiorole.types.record import Record, encode

if TYPE_CHECKING:
    from audiorole.training.fit.loop import FitResult
    from audiorole.training.replying import ReplyPiece

Options = TypeVar("Options")
Waveform = npt.NDArray[np.float32]

DEFAULT = "glm-4-voice"
MARK = "backend.txt"

TRAINERS = Registry(
    "trainer backend",
    {
        DEFAULT: "audiorole.training.glm.backend:GlmBackend",
        "small": "audiorole.experiments.small.backend:SmallBackend",
    },
    group="audiorole.trainers",
    extras=dict.fromkeys(("torch", "transformers", "peft", "accelerate", "safetensors", "tokenizers"), "train"),
)


@dataclass(frozen=True)
class Rights:
    """What the card says of the data: where the speech is from, and under which terms the model may be passed on."""

    source: str
    licence: str


@dataclass(frozen=True)
class TrainResult:
    """reference: a speech system for `audiorole evaluate`; fit: what the language model's training returned.

    dropped: reason → dialogues that were not learned from.
    """

    reference: str
    fit: FitResult
    examples: int
    dropped: Mapping[str, int] = field(default_factory=dict)


class TrainedVoice(Protocol):
    """What a run folder can say, once loaded."""

    @property
    def sample_rate(self) -> int:
        """Hz of what it says."""
        ...

    @property
    def characters(self) -> list[str]:
        """Who can be asked for."""
        ...

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[ReplyPiece]:
        """Yield the answer piece by piece, as soon as each can be heard."""
        ...

    def reply(
        self,
        turns: Sequence[HeardTurn],
        character: str,
        language: str,
        seed: int,
        reference_audio: Waveform | None = None,
    ) -> SystemReply | None:
        """Return the whole answer, or None where no sound came."""
        ...


class TrainerBackend(Protocol):
    """What a base model offers. tables: the recipe's tables it reads; forms: what it exports, the usual one first."""

    tables: tuple[str, ...]
    forms: tuple[str, ...]

    def train(
        self,
        tables: Mapping[str, Mapping[str, object]],
        lines: Iterable[Utterance],
        audio: Callable[[str], Waveform],
        out: Path,
        progress: Progress,
    ) -> TrainResult:
        """Teach the base the lines (all splits). audio: from a line's id to float32 `(num_samples,)` at 16 kHz.

        A run that was stopped goes on. Raises `ConfigError` for a key or value that the backend does not know.
        """
        ...

    def load(self, location: str) -> TrainedVoice:
        """Return the voice of a run folder: `characters`, `sample_rate`, `stream`, `reply`."""
        ...

    def export(self, run: Path, target: Path, form: str, rights: Rights) -> Path:
        """Write a run to the new folder `target` for others; return the model card's path."""
        ...


def read_table(table: Mapping[str, object], kind: type[Options]) -> Options:
    """Return the `[train]` table of a recipe as `kind`, every key and type checked."""
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ConfigError(f"[train] has no field {key!r}. Known: {', '.join(known)}.")
    try:
        return msgspec.convert(dict(table), kind, dec_hook=lambda wanted, value: wanted(value))
    except msgspec.ValidationError as error:
        raise ConfigError(f"[train] {error}") from None


def mark_run(run: Path, name: str) -> None:
    """Note in the run folder which backend makes it. Raises `ConfigError` where another one did."""
    known = backend_of_run(run, name)
    if known != name:
        raise ConfigError(f"{run} was made by backend {known!r}, not {name!r}: choose another folder.")
    run.mkdir(parents=True, exist_ok=True)
    if not (run / MARK).is_file():
        (run / MARK).write_text(name + "\n")


def backend_of_run(run: Path, unmarked: str = DEFAULT) -> str:
    """Return the name of the backend that made the run folder `run`."""
    return (run / MARK).read_text().strip() if (run / MARK).is_file() else unmarked


def count_reasons(dropped: Sequence[Dropped]) -> dict[str, int]:
    """Return reason → how many."""
    reasons = [item.reason for item in dropped]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write `records` as JSON lines."""
    path.write_bytes(b"".join(bytes(encode(record)) + b"\n" for record in records))
