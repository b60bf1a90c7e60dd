"""A trainer backend: one base model that `audiorole train`, `chat` and `export` know by a name.

A backend is a class without arguments. `[train] base = "talker"` in a recipe names it; the reference that training
returns, `talker@RUN`, leads `chat`, `export` and `evaluate` back to it. Third parties register theirs under the entry
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
from audiorole.errors import ConfigError, UnknownNameError
from audiorole.types import Dropped, Utterance
from audiorole.types.conversation import HeardTurn, SystemReply
from audiorole.types.record import Record, encode

if TYPE_CHECKING:
    from audiorole.training.fit.loop import FitResult
    from audiorole.training.replying import ReplyPiece

Options = TypeVar("Options")
Waveform = npt.NDArray[np.float32]

DEFAULT = "talker"
UNMARKED = "glm-4-voice"
"""What made the runs of earlier versions, which do not say so."""
MARK = "backend.txt"

TRAINERS: Registry[Callable[[], TrainerBackend]] = Registry(
    "trainer backend",
    {
        DEFAULT: "audiorole.training.thinker.backend:TalkerBackend",
        "glm-4-voice": "audiorole.training.glm.backend:GlmBackend",
    },
    group="audiorole.trainers",
    extras=dict.fromkeys(
        ("torch", "transformers", "peft", "accelerate", "safetensors", "tokenizers", "inflect"), "train"
    ),
)


@dataclass(frozen=True)
class Rights:
    """What the card says of the data.

    source: where the speech is from; licence: under which terms the model may be passed on; permission: who allowed
    that the voices are copied.
    """

    source: str = ""
    licence: str = ""
    permission: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody filled in."""
        return tuple(one.name for one in fields(self) if not getattr(self, one.name).strip())


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

    def preview(
        self, tables: Mapping[str, Mapping[str, object]], lines: Iterable[Utterance], out: Path
    ) -> tuple[str, ...]:
        """Return what `train` would do, how long and with how much disk, in sentences; nothing is written."""
        ...


def known_base(name: str) -> str:
    """Return `name` where it is a base. Raises `ConfigError` for what is none, with the way out."""
    if name in TRAINERS.names():
        return name
    known = ", ".join(TRAINERS.names())
    if name == "small":
        raise ConfigError("The base 'small' is gone: 'talker' took its place. Say --base talker.")
    if Path(name).is_dir() or "/" in name:
        raise ConfigError(f"--base names a base ({known}), not a folder: --base glm-4-voice --weights {name}.")
    raise UnknownNameError("base", name, TRAINERS.names())


def read_table(table: Mapping[str, object], kind: type[Options], name: str = "train") -> Options:
    """Return the table `[name]` of a recipe as `kind`, every key and type checked."""
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ConfigError(f"[{name}] has no field {key!r}. Known: {', '.join(known)}.")
    try:
        return msgspec.convert(dict(table), kind, dec_hook=lambda wanted, value: wanted(value))
    except msgspec.ValidationError as error:
        raise ConfigError(f"[{name}] {error}") from None


def mark_run(run: Path, name: str) -> None:
    """Note in the run folder which backend makes it. Raises `ConfigError` where another one did."""
    known = backend_of_run(run, name)
    if known != name:
        raise ConfigError(f"{run} was made with base {known!r}, not {name!r}: choose another folder.")
    run.mkdir(parents=True, exist_ok=True)
    if not (run / MARK).is_file():
        (run / MARK).write_text(name + "\n")


def backend_of_run(run: Path, unmarked: str = UNMARKED) -> str:
    """Return the name of the backend that made the run folder `run`."""
    return (run / MARK).read_text().strip() if (run / MARK).is_file() else unmarked


def count_reasons(dropped: Sequence[Dropped]) -> dict[str, int]:
    """Return reason → how many."""
    reasons = [item.reason for item in dropped]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write `records` as JSON lines."""
    path.write_bytes(b"".join(bytes(encode(record)) + b"\n" for record in records))
