"""The stage: one step of the straight line, as a frozen dataclass.

The fields of the dataclass are the whole configuration (they are keys of a recipe); class variables are facts.
An episode stage sees one shard at a time; a series stage sees all shards of one series and may pass over them
as often as it likes, so it never has to hold a million lines.

    @dataclass(frozen=True)
    class Short(EpisodeStage[Utterance]):
        \"\"\"Drop what is too short to learn a voice from.\"\"\"
        name: ClassVar[str] = "short"
        consumes: ClassVar[type[Record]] = Utterance
        produces: ClassVar[type[Record]] = Utterance
        min_duration: float = 0.3

        def run(self, records, context):
            for line in records:
                yield line if line.duration >= self.min_duration else Dropped.of(line, "too_short")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from audiorole.types import Dropped, Record
from audiorole.types.plain import Array
from audiorole.types.record import RecordT

Outcome = Record | Dropped
Made = TypeVar("Made")


class Context(Protocol):
    """What an episode stage may touch besides its records."""

    @property
    def shard(self) -> str:
        """The id of the shard, `show/s01e02`."""

    @property
    def inputs(self) -> Path:
        """The folder that the media lie in."""

    @property
    def home(self) -> Path:
        """The output folder: human decisions lie there."""

    @property
    def scratch(self) -> Path:
        """A folder for big temporary files; it goes when the shard's leg ends."""

    def records(self, stage: str, kind: type[RecordT]) -> list[RecordT]:
        """Return this shard's records of an earlier stage named in `needs`."""

    def array(self, stage: str, name: str) -> Array:
        """Return an array that an earlier stage named in `needs` saved for this shard."""

    def file(self, stage: str, suffix: str) -> Path | None:
        """Return the file that an earlier stage named in `needs` attached for this shard; None where it did not.

        A stage sees no file of its own.
        """

    def save(self, name: str, array: Array) -> None:
        """Save an array beside this shard's records."""

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        """Let `write` make a file `<shard>.<suffix>` beside this shard's records; it appears only when whole."""

    def content_hash(self, path: Path) -> str:
        """Return the SHA-256 of a file that `external` named."""

    def shared(self, key: str, make: Callable[[], Made]) -> Made:
        """Return `make()`, made once for all stages of this shard's leg (decoded audio, say)."""


class SeriesContext(Protocol):
    """All shards of one series, read as often as needed."""

    @property
    def series(self) -> str:
        """The series' name, the first part of its shards' ids."""

    @property
    def inputs(self) -> Path:
        """The folder that the media lie in."""

    @property
    def home(self) -> Path:
        """The output folder: human decisions lie there, and `cache/` for what is costly and content-addressed."""

    @property
    def shards(self) -> Sequence[str]:
        """The ids of the shards, sorted."""

    def read(self, shard: str, kind: type[RecordT]) -> Iterator[RecordT]:
        """Yield the records of `shard` that this stage consumes; kind: what it says in `consumes`."""

    def records(self, shard: str, stage: str, kind: type[RecordT]) -> list[RecordT]:
        """Return the records of `shard` of an earlier stage named in `needs`."""

    def array(self, shard: str, stage: str, name: str) -> Array:
        """Return an array of `shard` that an earlier stage named in `needs` saved."""

    def save(self, shard: str, name: str, array: Array) -> None:
        """Save an array beside the records of `shard`."""


@dataclass(frozen=True)
class Stage:
    """What both kinds of stage state about themselves.

    version: raise it when the same input and fields give another output.
    needs: earlier stages whose records or arrays are read besides the input; part of the digest.
    creates: True where records may come out under ids that did not go in (else kept + dropped = input is enforced).
    cost: seconds of one CPU per second of media, for the dry run; benchmarks/speed/floor.py measures it.
    bytes_per_second: disk per second of media, for the dry run.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    consumes: ClassVar[type[Record]]
    produces: ClassVar[type[Record]]
    needs: ClassVar[tuple[str, ...]] = ()
    creates: ClassVar[bool] = False
    cost: ClassVar[float] = 0.0
    bytes_per_second: ClassVar[float] = 140.0

    def models(self) -> tuple[tuple[str, str], ...]:
        """Return the (kind, reference) of every model this configuration loads; their weights enter the digest."""
        return ()

    def fitted(self) -> str:
        """Return the hash of what was fitted once and ships inside the package; "" where there is nothing like that."""
        return ""

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """Return files from outside that the result depends on; their content enters the digest.

        source: the shard's first record, what the first stage of the line consumes. home: the output folder.
        """
        return ()


@dataclass(frozen=True)
class EpisodeStage(Stage, Generic[RecordT]):
    """A stage over one shard at a time; in brackets what it consumes."""

    def run(self, records: Iterable[RecordT], context: Context) -> Iterator[Outcome]:
        """Yield each record, changed or not, or `Dropped`."""
        raise NotImplementedError


@dataclass(frozen=True)
class SeriesStage(Stage):
    """A stage over all shards of a series."""

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield (shard, its outcomes) for every shard, in order."""
        raise NotImplementedError
