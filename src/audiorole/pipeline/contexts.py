"""What a stage touches besides its records, kept in the folders of the run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.errors import StageError
from audiorole.pipeline.dependence import outside_name
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.stage import Made, SeriesContext, Stage
from audiorole.pipeline.store import FileStamp, StageFolder, decode_records
from audiorole.pipeline.writer import ShardWriter
from audiorole.types.plain import Array
from audiorole.types.record import RecordT


@dataclass
class EpisodeOnDisk:
    """`Context` over the folders of one shard."""

    plan: StagePlan
    stage: Stage
    shard: str
    scratch: Path
    commons: dict[str, Any]
    writer: ShardWriter
    files: dict[str, FileStamp]

    @property
    def inputs(self) -> Path:
        return self.plan.inputs

    @property
    def home(self) -> Path:
        return self.plan.home

    def records(self, stage: str, kind: type[RecordT]) -> list[RecordT]:
        _check_need(self.stage, stage)
        return list(stored_records(self.plan.folder(stage), self.shard, kind))

    def array(self, stage: str, name: str) -> Array:
        _check_need(self.stage, stage)
        return stored_array(self.plan.folder(stage), self.shard, name)

    def file(self, stage: str, suffix: str) -> Path | None:
        if stage == self.stage.name:  # what it attaches now is not whole yet
            return None
        _check_need(self.stage, stage)
        return self.plan.folder(stage).verified_file(self.shard, suffix)

    def save(self, name: str, array: Array) -> None:
        self.writer.save(name, array)

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        self.writer.attach(suffix, write)

    def content_hash(self, path: Path) -> str:
        return self.files[outside_name(self.plan, path)].sha256

    def shared(self, key: str, make: Callable[[], Made]) -> Made:
        if key not in self.commons:
            self.commons[key] = make()
        found: Made = self.commons[key]
        return found


@dataclass
class SeriesOnDisk:
    """`SeriesContext` over the folders of all shards of a series."""

    plan: StagePlan
    stage: Stage
    series: str
    shards: Sequence[str]
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict)

    @property
    def inputs(self) -> Path:
        return self.plan.inputs

    @property
    def home(self) -> Path:
        return self.plan.home

    def read(self, shard: str, kind: type[RecordT]) -> Iterator[RecordT]:
        if kind is not self.stage.consumes:
            raise StageError(
                f"Stage {self.stage.name!r} reads {kind.__name__}, and consumes {self.stage.consumes.__name__}."
            )
        return stored_records(self.plan.before(self.stage), shard, kind)

    def records(self, shard: str, stage: str, kind: type[RecordT]) -> list[RecordT]:
        _check_need(self.stage, stage)
        return list(stored_records(self.plan.folder(stage), shard, kind))

    def array(self, shard: str, stage: str, name: str) -> Array:
        _check_need(self.stage, stage)
        return stored_array(self.plan.folder(stage), shard, name)

    def save(self, shard: str, name: str, array: Array) -> None:
        self.arrays.setdefault(shard, {})[name] = array

    def pop_arrays(self, shard: str) -> dict[str, Array]:
        return self.arrays.pop(shard, {})


def series_context(plan: StagePlan, stage: str, shards: Sequence[str]) -> SeriesContext:
    """Return what the series stage called `stage` sees of finished `shards` of one series, for looking again."""
    return SeriesOnDisk(plan, plan.named(stage), shards[0].partition("/")[0], shards)


def _check_need(stage: Stage, needed: str) -> None:
    """What is read but not declared would be missing from the digest: refuse it."""
    if needed not in stage.needs:
        raise StageError(f"Stage {stage.name!r} reads {needed!r} without naming it in `needs`.")


def stored_records(folder: StageFolder, shard: str, kind: type[RecordT]) -> Iterator[RecordT]:
    """Yield the records of `shard` in `folder`. Raises DamagedError where they are not those that were written."""
    path = folder.records(shard)
    return decode_records(io.BytesIO(folder.verified(shard, path)), kind, path)


def stored_array(folder: StageFolder, shard: str, name: str) -> Array:
    """Return an array of `shard` in `folder`. Raises DamagedError where it is not the one that was written."""
    data = folder.verified(shard, folder.array(shard, name))
    array: Array = np.load(io.BytesIO(data), allow_pickle=False)
    return array
