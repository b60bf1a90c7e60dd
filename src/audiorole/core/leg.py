"""What a worker does: take one shard through consecutive episode stages, or one series through a series stage.

Everything here runs in any process of any runner; the folders on shared storage carry the state.
"""

from __future__ import annotations

import resource
import shutil
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.core.digest import Fingerprint, stage_digest
from audiorole.core.kept import is_kept, restore, retire
from audiorole.core.stage import EpisodeStage, Outcome, SeriesStage, Stage
from audiorole.core.store import (
    Failure,
    FileStamp,
    Marker,
    ShardWriter,
    StageFolder,
    out_of_space,
    read_records,
    stamp,
    write_atomic,
)
from audiorole.errors import AudioroleError, OutOfSpaceError, StageError
from audiorole.types import Record

SOURCES = "00-sources"
"""The folder of the records that the first stage consumes."""


@dataclass(frozen=True)
class Line:
    """The stages in order, where their folders are, and where the media lie."""

    stages: tuple[Stage, ...]
    root: Path
    inputs: Path
    fingerprint: Fingerprint

    def folder(self, name: str) -> StageFolder:
        """Return the folder of the stage called `name`, numbered by its place."""
        names = [stage.name for stage in self.stages]
        return StageFolder(self.root / f"{names.index(name) + 1:02d}-{name}")

    def before(self, stage: Stage) -> StageFolder:
        """Return the folder that `stage` consumes."""
        place = self.stages.index(stage)
        return StageFolder(self.root / SOURCES) if place == 0 else self.folder(self.stages[place - 1].name)

    @property
    def home(self) -> Path:
        """The output folder, which the run folder lies in."""
        return self.root.parent

    def source(self, shard: str) -> Any:
        """Return the first record of `shard`, what the first stage consumes."""
        path = StageFolder(self.root / SOURCES).records(shard)
        return next(iter(read_records(path, self.stages[0].consumes)))

    def named(self, name: str) -> Stage:
        """Return the stage called `name`."""
        return next(stage for stage in self.stages if stage.name == name)

    def forget_after(self, name: str, shard: str) -> None:
        """Remove what an earlier run left of `shard` behind a stage that failed now."""
        names = [stage.name for stage in self.stages]
        for later in names[names.index(name) + 1 :]:
            self.folder(later).forget(shard)


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
class LegReport:
    """What a worker reports after one task."""

    key: str
    stages: tuple[StageReport, ...]
    peak_bytes: int = 0


@dataclass(frozen=True)
class LegTask:
    """Take `shard` through `stages` (names, consecutive episode stages)."""

    line: Line
    shard: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class SeriesTask:
    """Take all `shards` of `series` through one series stage."""

    line: Line
    series: str
    shards: tuple[str, ...]
    stage: str


def run_task(task: LegTask | SeriesTask) -> LegReport:
    """Run one task in this process; failures are data in the report, never exceptions."""
    return run_leg(task) if isinstance(task, LegTask) else run_series(task)


def run_leg(task: LegTask) -> LegReport:
    """Take one shard through its stages until the end of the leg or its first failure."""
    scratch = task.line.root / "scratch" / task.shard
    commons: dict[str, Any] = {}
    reports: list[StageReport] = []
    try:
        for name in task.stages:
            stage = task.line.named(name)
            assert isinstance(stage, EpisodeStage)
            reports.append(_run_episode_stage(task.line, stage, task.shard, scratch, commons))
            if reports[-1].failure:
                task.line.forget_after(name, task.shard)
                break
    finally:
        for common in commons.values():
            getattr(common, "close", lambda: None)()
        shutil.rmtree(scratch, ignore_errors=True)
    return LegReport(task.shard, tuple(reports), _peak_bytes())


def _run_episode_stage(
    line: Line, stage: EpisodeStage, shard: str, scratch: Path, commons: dict[str, Any]
) -> StageReport:
    clock = _Clock()
    folder = line.folder(stage.name)
    try:
        digest, files = _digest(line, stage, [shard])
        if folder.finished(shard, digest) or restore(folder, shard, digest):
            return StageReport(stage.name, shard, cached=True)
        retire(folder, shard)
        context = _EpisodeContext(line, stage, shard, scratch, commons, ShardWriter(folder, shard), files)
        records = list(read_records(line.before(stage).records(shard), stage.consumes))
        _write_shard(stage, context.writer, records, stage.run(records, context), digest, files, clock)
    except Exception as error:  # a bad episode is quarantined, whatever went wrong; the run goes on
        return _quarantine(folder, stage, shard, error, clock)
    return StageReport(stage.name, shard, False, clock.seconds, clock.cpu_seconds)


def run_series(task: SeriesTask) -> LegReport:
    """Take a series through one series stage; a failure quarantines all its shards at this stage."""
    stage = task.line.named(task.stage)
    assert isinstance(stage, SeriesStage)
    clock, folder = _Clock(), task.line.folder(stage.name)
    try:
        digest, files = _digest(task.line, stage, task.shards)
        if _found_again(folder, task.shards, digest):
            return LegReport(task.series, tuple(StageReport(stage.name, s, True) for s in task.shards), _peak_bytes())
        _write_series(task, stage, digest, files, clock)
    except Exception as error:  # as above
        failures = tuple(_quarantine(folder, stage, shard, error, clock) for shard in task.shards)
        for shard in task.shards:
            task.line.forget_after(stage.name, shard)
        return LegReport(task.series, failures, _peak_bytes())
    share = max(1, len(task.shards))
    done = (StageReport(stage.name, s, False, clock.seconds / share, clock.cpu_seconds / share) for s in task.shards)
    return LegReport(task.series, tuple(done), _peak_bytes())


def _found_again(folder: StageFolder, shards: Sequence[str], digest: str) -> bool:
    """Return True where all shards are finished under `digest`, or were before and are put back."""
    lost = [shard for shard in shards if not folder.finished(shard, digest)]
    return all(is_kept(folder, shard, digest) for shard in lost) and all(restore(folder, s, digest) for s in lost)


def _write_series(
    task: SeriesTask, stage: SeriesStage, digest: str, files: dict[str, FileStamp], clock: _Clock
) -> None:
    folder = task.line.folder(stage.name)
    for shard in task.shards:  # first of all: a killed run must not leave old shards that look finished
        retire(folder, shard)
    context = _SeriesContext(task.line, stage, task.series, task.shards)
    seen = []
    for shard, outcomes in stage.run(context):
        writer = ShardWriter(folder, shard)
        _write_shard(stage, writer, context.read(shard), outcomes, digest, files, clock, context.pop_arrays(shard))
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


def _digest(line: Line, stage: Stage, shards: Sequence[str]) -> tuple[str, dict[str, FileStamp]]:
    """Return the digest of `stage` over `shards`, and the stamps of the files from outside behind it."""
    inputs: dict[str, str] = {}
    for shard in shards:
        inputs.update(_shard_inputs(line, stage, shard))
    files = _stamps(line, stage, shards)
    inputs.update({f"file:{name}": known.sha256 for name, known in files.items()})
    return stage_digest(stage, inputs, line.fingerprint), files


def _shard_inputs(line: Line, stage: Stage, shard: str) -> Iterator[tuple[str, str]]:
    before = line.before(stage)
    if before.path.name == SOURCES:
        yield shard, before.records(shard).read_text(encoding="utf-8")
        return
    marker = before.read_marker(shard)
    if marker is None:
        raise StageError(f"{shard} has no marker in {before.path.name}; run that stage first.")
    yield shard, marker.outputs[f"{shard}.jsonl"]
    for need in stage.needs:
        needed = line.folder(need).read_marker(shard)
        for name, value in (needed.outputs if needed else {}).items():
            if not name.startswith("dropped/"):
                yield f"{need}:{name}", value


def _stamps(line: Line, stage: Stage, shards: Sequence[str]) -> dict[str, FileStamp]:
    folder = line.folder(stage.name)
    stamps: dict[str, FileStamp] = {}
    for shard in shards:
        if type(stage).external is Stage.external:
            break
        known = getattr(folder.read_marker(shard), "files", {})
        for path in stage.external(line.source(shard), line.inputs, line.home):
            name = str(path)
            if name not in stamps and path.exists():
                stamps[name] = stamp(path, known.get(name))
    return stamps


def _quarantine(folder: StageFolder, stage: Stage, shard: str, error: Exception, clock: _Clock) -> StageReport:
    """Put a note in the place of the marker; a message of ours is a sentence, another error keeps its trace.

    Raises OutOfSpaceError where the disk is full: that is no fault of the episode, and no other would fare better.
    """
    if out_of_space(error, folder.path.parent):
        raise OutOfSpaceError(str(folder.path.parent)) from error
    ours = isinstance(error, AudioroleError) and not isinstance(error, StageError)
    sentence = str(error) if ours else f"{type(error).__name__}: {error}"
    folder.forget(shard)
    note = Failure(shard=shard, stage=stage.name, error=sentence, trace="" if ours else traceback.format_exc())
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


@dataclass
class _EpisodeContext:
    line: Line
    stage: Stage
    shard: str
    scratch: Path
    commons: dict[str, Any]
    writer: ShardWriter
    files: dict[str, FileStamp]

    @property
    def inputs(self) -> Path:
        return self.line.inputs

    def records(self, stage: str, kind: type[Any]) -> list[Any]:
        _check_need(self.stage, stage)
        return list(read_records(self.line.folder(stage).records(self.shard), kind))

    def array(self, stage: str, name: str) -> NDArray[Any]:
        _check_need(self.stage, stage)
        return _load(self.line.folder(stage).array(self.shard, name))

    def save(self, name: str, array: NDArray[Any]) -> None:
        self.writer.save(name, array)

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        self.writer.attach(suffix, write)

    def content_hash(self, path: Path) -> str:
        return self.files[str(path)].sha256

    def shared(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.commons:
            self.commons[key] = make()
        return self.commons[key]


@dataclass
class _SeriesContext:
    line: Line
    stage: Stage
    series: str
    shards: Sequence[str]
    arrays: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)

    @property
    def inputs(self) -> Path:
        return self.line.inputs

    @property
    def home(self) -> Path:
        return self.line.home

    def read(self, shard: str) -> Iterator[Any]:
        return read_records(self.line.before(self.stage).records(shard), self.stage.consumes)

    def records(self, shard: str, stage: str, kind: type[Any]) -> list[Any]:
        _check_need(self.stage, stage)
        return list(read_records(self.line.folder(stage).records(shard), kind))

    def array(self, shard: str, stage: str, name: str) -> NDArray[Any]:
        _check_need(self.stage, stage)
        return _load(self.line.folder(stage).array(shard, name))

    def save(self, shard: str, name: str, array: NDArray[Any]) -> None:
        self.arrays.setdefault(shard, {})[name] = array

    def pop_arrays(self, shard: str) -> dict[str, NDArray[Any]]:
        return self.arrays.pop(shard, {})


def _check_need(stage: Stage, needed: str) -> None:
    """What is read but not declared would be missing from the digest: refuse it."""
    if needed not in stage.needs:
        raise StageError(f"Stage {stage.name!r} reads {needed!r} without naming it in `needs`.")


def _load(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, allow_pickle=False)
    return array
