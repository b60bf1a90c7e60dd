"""A toy line of stages over toy records: enough to test the machinery, and importable by spawned workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from audiorole.errors import InputError
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome, SeriesContext, SeriesStage
from audiorole.types import Dropped, Record
from audiorole.types.record import narrowed


class Seed(Record, frozen=True):
    id: str
    file: str
    count: int


class Number(Record, frozen=True):
    id: str
    value: int
    total: int = 0


@dataclass(frozen=True)
class Count(EpisodeStage[Seed]):
    """Seed → its numbers, times the content of its file."""

    name: ClassVar[str] = "count"
    consumes: ClassVar[type[Record]] = Seed
    produces: ClassVar[type[Record]] = Number
    creates: ClassVar[bool] = True
    scale: int = 1

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        return (inputs / narrowed(source, Seed).file,)

    def run(self, records: Iterable[Seed], context: Context) -> Iterator[Outcome]:
        for seed in records:
            text = (context.inputs / seed.file).read_text()
            if text == "bad":
                raise InputError(seed.file, "is bad", 1)
            if text == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if text in ("eat", "swallow"):
                _eat(text)
            for value in range(seed.count):
                yield Number(f"{context.shard}/n{value:02d}", value * int(text) * self.scale)


def _eat(text: str) -> None:
    """Take all memory there is, a little at a time; "swallow" loses the cause, as libraries do."""
    eaten = []
    try:
        while len(eaten) < 4000:
            eaten.append(np.ones(1 << 19))
    except MemoryError:
        if text == "eat":
            raise
    eaten.clear()
    [][0]


@dataclass(frozen=True)
class Halve(EpisodeStage[Number]):
    """Halve even numbers, drop odd ones, save an array."""

    name: ClassVar[str] = "halve"
    consumes: ClassVar[type[Record]] = Number
    produces: ClassVar[type[Record]] = Number
    unused: int = 0
    lose: bool = False

    def run(self, records: Iterable[Number], context: Context) -> Iterator[Outcome]:
        values = []
        for number in records:
            if self.lose and number.value == 2:
                continue
            if number.value % 2:
                yield Dropped.of(number, "odd", str(number.value))
            else:
                values.append(number.value // 2)
                yield Number(number.id, number.value // 2)
        context.save("values", np.array(values))


@dataclass(frozen=True)
class Total(SeriesStage):
    """Give every number the sum over its series."""

    name: ClassVar[str] = "total"
    consumes: ClassVar[type[Record]] = Number
    produces: ClassVar[type[Record]] = Number
    needs: ClassVar[tuple[str, ...]] = ("halve",)

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        total = sum(int(context.array(shard, "halve", "values").sum()) for shard in context.shards)
        for shard in context.shards:
            yield shard, (Number(n.id, n.value, total) for n in context.read(shard, Number))


@dataclass(frozen=True)
class Last(EpisodeStage[Number]):
    """Pass on."""

    name: ClassVar[str] = "last"
    consumes: ClassVar[type[Record]] = Number
    produces: ClassVar[type[Record]] = Number

    def run(self, records: Iterable[Number], context: Context) -> Iterator[Outcome]:
        yield from records


def no_models(kind: str, reference: str) -> str:
    return f"{kind}/{reference}"


def line(root: Path, **changes: Any) -> StagePlan:
    """Return the toy line; `count_scale=2` sets a field of a stage."""
    kinds = (Count, Halve, Total, Last)
    fields = {
        kind.name: {key.partition("_")[2]: v for key, v in changes.items() if key.startswith(kind.name)}
        for kind in kinds
    }
    stages = tuple(kind(**fields[kind.name]) for kind in kinds)
    return StagePlan(stages, root / "run", root / "media", no_models)


def media(root: Path, **contents: str) -> dict[str, Record]:
    """Write one file per episode and return the sources: `media(tmp, e1="1", e2="bad")`."""
    (root / "media").mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        path = root / "media" / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return {f"show/{name}": Seed(f"show/{name}", name, 6) for name in contents}


def tree_bytes(root: Path) -> dict[str, bytes]:
    """Return every output file's bytes; markers are left out, because they hold times, and so are earlier results."""
    files = (path for path in root.rglob("*") if path.is_file() and not {"done", "kept"} & set(path.parts))
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(files)}
