"""What a worker does: take one shard through consecutive episode stages, or one series through a series stage.

Everything here runs in any process of any runner; the folders on shared storage carry the state.
"""

from __future__ import annotations

import resource
import shutil
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray

from audiorole.core.memory import out_of_memory
from audiorole.errors import AudioroleError, DamagedError, OutOfSpaceError, StageError
from audiorole.pipeline.contexts import EpisodeOnDisk, SeriesOnDisk, stored_records
from audiorole.pipeline.dependence import digest_of
from audiorole.pipeline.kept import is_kept, restore, retire
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.stage import EpisodeStage, Outcome, SeriesStage, Stage
from audiorole.pipeline.store import (
    Failure,
    FileStamp,
    Marker,
    StageFolder,
    out_of_space,
    write_atomic,
)
from audiorole.pipeline.writer import ShardWriter
from audiorole.types import Record

SCRATCH = "scratch"
"""In the run folder: each shard's temporary files, while a leg of it is worked on."""


@dataclass(frozen=True)
class StageReport:
    """What happened to one shard at one stage."""

    stage: str
    shard: str
    cached: bool
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True)
class TaskReport:
    """What a worker reports after one task."""

    key: str
    stages: tuple[StageReport, ...]
    peak_bytes: int = 0


@dataclass(frozen=True)
class EpisodeTask:
    """Take `shard` through `stages` (names, consecutive episode stages)."""

    plan: StagePlan
    shard: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class SeriesTask:
    """Take all `shards` of `series` through one series stage."""

    plan: StagePlan
    series: str
    shards: tuple[str, ...]
    stage: str


def run_task(task: EpisodeTask | SeriesTask) -> TaskReport:
    """Run one task in this process; failures are data in the report, never exceptions."""
    return run_episode(task) if isinstance(task, EpisodeTask) else run_series(task)


def run_episode(task: EpisodeTask) -> TaskReport:
    """Take one shard through its stages until the end of the leg or its first failure."""
    scratch = task.plan.root / SCRATCH / task.shard
    commons: dict[str, Any] = {}
    reports: list[StageReport] = []
    try:
        for name in task.stages:
            stage = task.plan.named(name)
            assert isinstance(stage, EpisodeStage)
            reports.append(_run_episode_stage(task.plan, stage, task.shard, scratch, commons))
            if reports[-1].failure:
                task.plan.forget_after(name, task.shard)
                break
    finally:
        for common in commons.values():
            getattr(common, "close", lambda: None)()
        shutil.rmtree(scratch, ignore_errors=True)
    return TaskReport(task.shard, tuple(reports), _peak_bytes())


def _run_episode_stage(
    plan: StagePlan, stage: EpisodeStage[Record], shard: str, scratch: Path, commons: dict[str, Any]
) -> StageReport:
    clock = _Clock()
    folder = plan.folder(stage.name)
    try:
        digest, files = digest_of(plan, stage, [shard])
        if folder.finished(shard, digest) or restore(folder, shard, digest):
            return StageReport(stage.name, shard, cached=True)
        retire(folder, shard)
        context = EpisodeOnDisk(plan, stage, shard, scratch, commons, ShardWriter(folder, shard), files)
        records = list(stored_records(plan.before(stage), shard, stage.consumes))
        _write_shard(stage, context.writer, records, stage.run(records, context), digest, files, clock)
    except Exception as error:  # a bad episode is quarantined, whatever went wrong; the run goes on
        return _quarantine(plan, stage, shard, error, clock)
    return StageReport(stage.name, shard, False, clock.seconds, clock.cpu_seconds)


def run_series(task: SeriesTask) -> TaskReport:
    """Take a series through one series stage; a failure quarantines all its shards at this stage."""
    stage = task.plan.named(task.stage)
    assert isinstance(stage, SeriesStage)
    clock, folder = _Clock(), task.plan.folder(stage.name)
    try:
        digest, files = digest_of(task.plan, stage, task.shards)
        if _found_again(folder, task.shards, digest):
            return TaskReport(task.series, tuple(StageReport(stage.name, s, True) for s in task.shards), _peak_bytes())
        _write_series(task, stage, digest, files, clock)
    except Exception as error:  # as above
        failures = tuple(_quarantine(task.plan, stage, shard, error, clock) for shard in task.shards)
        for shard in task.shards:
            task.plan.forget_after(stage.name, shard)
        return TaskReport(task.series, failures, _peak_bytes())
    share = max(1, len(task.shards))
    done = (StageReport(stage.name, s, False, clock.seconds / share, clock.cpu_seconds / share) for s in task.shards)
    return TaskReport(task.series, tuple(done), _peak_bytes())


def _found_again(folder: StageFolder, shards: Sequence[str], digest: str) -> bool:
    """Return True where all shards are finished under `digest`, or were before and are put back."""
    lost = [shard for shard in shards if not folder.finished(shard, digest)]
    return all(is_kept(folder, shard, digest) for shard in lost) and all(restore(folder, s, digest) for s in lost)


def _write_series(
    task: SeriesTask, stage: SeriesStage, digest: str, files: dict[str, FileStamp], clock: _Clock
) -> None:
    folder = task.plan.folder(stage.name)
    for shard in task.shards:  # first of all: a killed run must not leave old shards that look finished
        retire(folder, shard)
    context = SeriesOnDisk(task.plan, stage, task.series, task.shards)
    seen = []
    for shard, outcomes in stage.run(context):
        writer = ShardWriter(folder, shard)
        records = context.read(shard, stage.consumes)
        _write_shard(stage, writer, records, outcomes, digest, files, clock, context.pop_arrays(shard))
        seen.append(shard)
    if seen != list(task.shards):
        raise StageError(f"Stage {stage.name!r} gave shards {seen} for {list(task.shards)}.")


def _write_shard(
    stage: Stage,
    writer: ShardWriter,
    records: Iterable[Record],
    outcomes: Iterable[Outcome],
    digest: str,
    files: dict[str, FileStamp],
    clock: _Clock,
    arrays: dict[str, NDArray[Any]] | None = None,
) -> None:
    try:
        ids = {getattr(record, "id", "") for record in records}
        created = _conserve(stage, writer.shard, ids, writer.write(outcomes))
        for name, array in (arrays or {}).items():
            writer.save(name, array)
        writer.commit(
            Marker(
                digest=digest,
                kept=0,
                created=created,
                dropped={},
                outputs={},
                files=files,
                seconds=round(clock.seconds, 3),
                cpu_seconds=round(clock.cpu_seconds, 3),
            )
        )
    except BaseException:
        writer.abort()
        raise


def _conserve(stage: Stage, shard: str, ids: set[str], written: Iterator[Record]) -> int:
    """Check kept + dropped = input, each id once; return how many ids the stage created."""
    missing, seen, created = set(ids), set(), 0
    for record in written:
        identity = getattr(record, "id", "")
        if identity in seen:
            raise StageError(f"Stage {stage.name!r} gave {identity!r} of {shard} twice.")
        seen.add(identity)
        if identity in missing:
            missing.remove(identity)
        else:
            created += 1
    if not stage.creates and (missing or created):
        lost = sorted(missing)[:3]
        raise StageError(f"Stage {stage.name!r} lost {len(missing)} and invented {created} of {shard}: {lost}.")
    return created


def _quarantine(plan: StagePlan, stage: Stage, shard: str, error: Exception, clock: _Clock) -> StageReport:
    """Put a note in the place of the marker; a message of ours is a sentence, another error keeps its trace.

    Raises OutOfSpaceError where the disk is full: that is no fault of the episode, and no other would fare better.
    """
    folder = plan.folder(stage.name)
    if out_of_space(error, folder.path.parent):
        raise OutOfSpaceError(str(folder.path.parent)) from error
    if isinstance(error, DamagedError):  # what is damaged is not finished: the next pass computes it again
        StageFolder(plan.root / error.stage).forget(error.shard)
    ours = isinstance(error, AudioroleError) and not isinstance(error, StageError)
    sentence = out_of_memory(error) or (str(error) if ours else f"{type(error).__name__}: {error}")
    folder.forget(shard)
    trace = "" if ours else "".join(traceback.format_exception(error))
    again = isinstance(error, DamagedError)
    note = Failure(shard=shard, stage=stage.name, error=sentence, trace=trace, again=again)
    write_atomic(folder.failure(shard), msgspec.json.encode(note))
    return StageReport(stage.name, shard, False, clock.seconds, clock.cpu_seconds, sentence)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class _Clock:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        return time.process_time() - self._cpu
