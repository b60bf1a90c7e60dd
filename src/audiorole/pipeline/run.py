"""The driver: split the plan into legs, give tasks to a runner, and account for what came back."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol, runtime_checkable

import msgspec

from audiorole.core.disk import read_sealed, write_sealed
from audiorole.core.progress import Progress
from audiorole.pipeline.cached import cached_report, series_of
from audiorole.pipeline.digest import configuration
from audiorole.pipeline.kept import discard, kept_shards
from audiorole.pipeline.plan import SOURCES, StagePlan
from audiorole.pipeline.stage import EpisodeStage, SeriesStage
from audiorole.pipeline.store import Failure, StageFolder, clean_partial, write_changed
from audiorole.pipeline.work import SCRATCH, EpisodeTask, SeriesTask, TaskReport, run_task
from audiorole.types import Record, encode

Task = EpisodeTask | SeriesTask


class Runner(Protocol):
    """Where tasks run: one method."""

    def map(self, function: Callable[[Task], TaskReport], tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield function(task) for every task, in any order; a lost worker yields a report with its failure."""


@runtime_checkable
class KeepsWorkers(Protocol):
    """A runner whose workers can stay from one `map` to the next."""

    def kept(self) -> AbstractContextManager[Runner]:
        """Give the runner to use meanwhile."""


@dataclass
class RunSummary:
    """What a run did. computed, cached: (stage → shards); quarantined: notes; peak_bytes: of the largest worker."""

    computed: Counter[str] = field(default_factory=Counter)
    cached: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    quarantined: list[Failure] = field(default_factory=list)
    peak_bytes: int = 0

    def add(self, report: TaskReport) -> None:
        """Count one worker's report in."""
        self.peak_bytes = max(self.peak_bytes, report.peak_bytes)
        for stage in report.stages:
            (self.cached if stage.cached else self.computed)[stage.stage] += 1
            self.seconds[stage.stage] += stage.seconds
            self.cpu_seconds[stage.stage] += stage.cpu_seconds


def run_plan(
    plan: StagePlan,
    sources: Mapping[str, Record],
    runner: Runner,
    progress: Progress,
    weights: Mapping[str, float] | None = None,
) -> RunSummary:
    """Take `sources` (shard id → first record) through all stages; resume what an earlier run left.

    weights: expected effort of each shard (seconds of media), for the progress bar's ETA and for placing long
    shards first. Shards that are no longer among `sources` leave every folder.
    """
    _prepare(plan, sources)
    summary, effort = RunSummary(), dict(weights or {})
    with runner.kept() if isinstance(runner, KeepsWorkers) else nullcontext(runner) as workers:
        _run_legs(plan, sorted(sources), workers, progress, effort, summary)
    summary.quarantined = sorted(failures(plan, sources), key=lambda failure: failure.shard)
    return summary


def _run_legs(
    plan: StagePlan,
    alive: list[str],
    runner: Runner,
    progress: Progress,
    effort: Mapping[str, float],
    summary: RunSummary,
) -> None:
    for stages in legs(plan):
        tasks = _tasks(plan, stages, alive, effort)
        progress.start(_title(stages), {_key(task): _effort(task, effort) for task in tasks})
        for report in _reports(runner, tasks):
            summary.add(report)
            progress.done(report.key, [stage.failure for stage in report.stages if stage.failure])
        alive = [shard for shard in alive if plan.folder(stages[-1]).read_marker(shard)]


def _reports(runner: Runner, tasks: Sequence[Task]) -> Iterator[TaskReport]:
    """Yield the report of every task; only those with something left to do go to a worker."""
    todo: list[Task] = []
    for task in tasks:
        if report := cached_report(task):
            yield report
        else:
            todo.append(task)
    if todo:
        yield from runner.map(run_task, todo)


def legs(plan: StagePlan) -> list[tuple[str, ...]]:
    """Return the names of the stages, consecutive episode stages together.

    A leg visits one shard with all its stages, so that audio is decoded once and stays warm.
    """
    grouped: list[tuple[str, ...]] = []
    for single, group in groupby(plan.stages, key=lambda stage: isinstance(stage, EpisodeStage)):
        names = tuple(stage.name for stage in group)
        grouped.extend([names] if single else [(name,) for name in names])
    return grouped


def _title(stages: Sequence[str]) -> str:
    return stages[0] if len(stages) == 1 else f"{stages[0]} to {stages[-1]}"


def failures(plan: StagePlan, shards: Iterable[str]) -> Iterator[Failure]:
    """Yield the quarantine notes of `shards`."""
    for stage in plan.stages:
        folder = plan.folder(stage.name)
        for shard in shards:
            if note := folder.read_failure(shard):
                yield note


LISTED = "done/sources.json"
"""In the run folder: the shards that the last run had, so that only their files are removed when they leave."""


def _prepare(plan: StagePlan, sources: Mapping[str, Record]) -> None:
    clean_partial(plan.root)
    folder = StageFolder(plan.root / SOURCES)
    listed = _names(read_sealed(plan.root / LISTED))
    _clear_scratch(plan, {*listed, *sources})
    _list(plan, {*listed, *sources})
    for shard, record in sources.items():
        write_changed(folder.records(shard), bytes(encode(record)) + b"\n")
    for shard in listed - set(sources):
        folder.records(shard).unlink(missing_ok=True)
    for stage in plan.stages:
        stage_folder = plan.folder(stage.name)
        for shard in {*stage_folder.shards(), *kept_shards(stage_folder)} - set(sources):
            discard(stage_folder, shard)
            folder.records(shard).unlink(missing_ok=True)
        for shard in sources:  # a quarantined shard gets another chance
            stage_folder.failure(shard).unlink(missing_ok=True)
    _list(plan, set(sources))


def _clear_scratch(plan: StagePlan, shards: set[str]) -> None:
    """Remove the temporary files that a killed run left: decoded sound, as large as the media."""
    for shard in shards:
        shutil.rmtree(plan.root / SCRATCH / shard, ignore_errors=True)


def _names(data: bytes | None) -> set[str]:
    """Return the names in a JSON list, none without data."""
    return set(msgspec.json.decode(data, type=list[str])) if data else set()


def _list(plan: StagePlan, shards: set[str]) -> None:
    data = msgspec.json.encode(sorted(shards))
    if read_sealed(plan.root / LISTED) != data:
        write_sealed(plan.root / LISTED, data)


def _tasks(plan: StagePlan, stages: tuple[str, ...], shards: Sequence[str], effort: Mapping[str, float]) -> list[Task]:
    stage = next(stage for stage in plan.stages if stage.name == stages[0])
    if not isinstance(stage, SeriesStage):
        order = sorted(shards, key=lambda shard: (-effort.get(shard, 1.0), shard))
        return [EpisodeTask(plan, shard, stages) for shard in order]
    series = groupby(sorted(shards), key=series_of)
    return [SeriesTask(plan, name, tuple(members), stages[0]) for name, members in series]


def _key(task: Task) -> str:
    return task.shard if isinstance(task, EpisodeTask) else task.series


def _effort(task: Task, effort: Mapping[str, float]) -> float:
    shards = (task.shard,) if isinstance(task, EpisodeTask) else task.shards
    return sum(effort.get(shard, 1.0) for shard in shards)


def resolved(plan: StagePlan) -> bytes:
    """Return the resolved configuration of every stage as JSON: it lies beside every result."""
    plain = {stage.name: configuration(stage) | {"version": type(stage).version} for stage in plan.stages}
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2)
