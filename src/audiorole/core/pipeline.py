"""The driver: split the line into legs, give tasks to a runner, and account for what came back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

import msgspec

from audiorole.core.digest import configuration
from audiorole.core.kept import discard, kept_shards
from audiorole.core.leg import LegReport, LegTask, SeriesTask, run_task
from audiorole.core.line import SOURCES, Line
from audiorole.core.progress import Progress
from audiorole.core.stage import EpisodeStage, SeriesStage
from audiorole.core.store import Failure, StageFolder, clean_partial, write_atomic
from audiorole.types import Record, encode

Task = LegTask | SeriesTask


class Runner(Protocol):
    """Where tasks run: one method."""

    def map(self, function: Callable[[Task], LegReport], tasks: Sequence[Task]) -> Iterator[LegReport]:
        """Yield function(task) for every task, in any order; a lost worker yields a report with its failure."""


@dataclass
class RunSummary:
    """What a run did. computed, cached: (stage → shards); quarantined: notes; peak_bytes: of the largest worker."""

    computed: Counter[str] = field(default_factory=Counter)
    cached: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu_seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    quarantined: list[Failure] = field(default_factory=list)
    peak_bytes: int = 0

    def add(self, report: LegReport) -> None:
        """Count one worker's report in."""
        self.peak_bytes = max(self.peak_bytes, report.peak_bytes)
        for stage in report.stages:
            (self.cached if stage.cached else self.computed)[stage.stage] += 1
            self.seconds[stage.stage] += stage.seconds
            self.cpu_seconds[stage.stage] += stage.cpu_seconds


def run_line(
    line: Line,
    sources: Mapping[str, Record],
    runner: Runner,
    progress: Progress,
    weights: Mapping[str, float] | None = None,
) -> RunSummary:
    """Take `sources` (shard id → first record) through all stages; resume what an earlier run left.

    weights: expected effort of each shard (seconds of media), for the progress bar's ETA and for placing long
    shards first. Shards that are no longer among `sources` leave every folder.
    """
    _prepare(line, sources)
    alive, summary, effort = sorted(sources), RunSummary(), dict(weights or {})
    for stages in legs(line):
        tasks = _tasks(line, stages, alive, effort)
        progress.start(_title(stages), {_key(task): _effort(task, effort) for task in tasks})
        for report in runner.map(run_task, tasks):
            summary.add(report)
            progress.done(report.key, [stage.failure for stage in report.stages if stage.failure])
        alive = [shard for shard in alive if line.folder(stages[-1]).read_marker(shard)]
    summary.quarantined = sorted(failures(line, sources), key=lambda failure: failure.shard)
    return summary


def legs(line: Line) -> list[tuple[str, ...]]:
    """Return the names of the stages, consecutive episode stages together.

    A leg visits one shard with all its stages, so that audio is decoded once and stays warm.
    """
    grouped: list[tuple[str, ...]] = []
    for single, group in groupby(line.stages, key=lambda stage: isinstance(stage, EpisodeStage)):
        names = tuple(stage.name for stage in group)
        grouped.extend([names] if single else [(name,) for name in names])
    return grouped


def _title(stages: Sequence[str]) -> str:
    return stages[0] if len(stages) == 1 else f"{stages[0]} to {stages[-1]}"


def failures(line: Line, shards: Iterable[str]) -> Iterator[Failure]:
    """Yield the quarantine notes of `shards`."""
    for stage in line.stages:
        folder = line.folder(stage.name)
        for shard in shards:
            if note := folder.read_failure(shard):
                yield note


def _prepare(line: Line, sources: Mapping[str, Record]) -> None:
    clean_partial(line.root)
    folder = StageFolder(line.root / SOURCES)
    for path in folder.path.rglob("*.jsonl"):
        if str(path.relative_to(folder.path).with_suffix("")) not in sources:
            path.unlink()
    for shard, record in sources.items():
        write_atomic(folder.records(shard), bytes(encode(record)) + b"\n")
    for stage in line.stages:
        stage_folder = line.folder(stage.name)
        for shard in {*stage_folder.shards(), *kept_shards(stage_folder)} - set(sources):
            discard(stage_folder, shard)
        for shard in sources:  # a quarantined shard gets another chance
            stage_folder.failure(shard).unlink(missing_ok=True)


def _tasks(line: Line, stages: tuple[str, ...], shards: Sequence[str], effort: Mapping[str, float]) -> list[Task]:
    stage = next(stage for stage in line.stages if stage.name == stages[0])
    if not isinstance(stage, SeriesStage):
        order = sorted(shards, key=lambda shard: (-effort.get(shard, 1.0), shard))
        return [LegTask(line, shard, stages) for shard in order]
    series = groupby(sorted(shards), key=series_of)
    return [SeriesTask(line, name, tuple(members), stages[0]) for name, members in series]


def series_of(shard: str) -> str:
    """Return the series of a shard id: `show/s01e02` → `show`."""
    return shard.partition("/")[0]


def _key(task: Task) -> str:
    return task.shard if isinstance(task, LegTask) else task.series


def _effort(task: Task, effort: Mapping[str, float]) -> float:
    shards = (task.shard,) if isinstance(task, LegTask) else task.shards
    return sum(effort.get(shard, 1.0) for shard in shards)


def resolved(line: Line) -> bytes:
    """Return the resolved configuration of every stage as JSON: it lies beside every result."""
    plain = {stage.name: configuration(stage) | {"version": type(stage).version} for stage in line.stages}
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2)
