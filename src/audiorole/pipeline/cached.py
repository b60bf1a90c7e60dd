"""What is finished already, told without a worker: nothing is computed and no file from outside is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from audiorole.errors import InputError, StageError
from audiorole.pipeline.dependence import digest_of, untouched
from audiorole.pipeline.plan import SOURCES, StagePlan
from audiorole.pipeline.stage import SeriesStage
from audiorole.pipeline.store import StageFolder
from audiorole.pipeline.work import EpisodeTask, SeriesTask, StageReport, TaskReport
from audiorole.types import Record, encode


def series_of(shard: str) -> str:
    """Return the series of a shard id: `show/s01e02` → `show`."""
    return shard.partition("/")[0]


def cached_report(task: EpisodeTask | SeriesTask) -> TaskReport | None:
    """Return the report of a task whose every result is there, None where a worker has to look at it."""
    shards = (task.shard,) if isinstance(task, EpisodeTask) else task.shards
    stages = task.stages if isinstance(task, EpisodeTask) else (task.stage,)
    reports = []
    for name in stages:
        if not _finished(task.plan, name, shards):
            return None
        reports += [StageReport(name, shard, cached=True) for shard in shards]
    return TaskReport(task.shard if isinstance(task, EpisodeTask) else task.series, tuple(reports))


def standing(plan: StagePlan, sources: Mapping[str, Record]) -> dict[str, frozenset[str]]:
    """Return, for each stage, the shards of which a run over `sources` would compute nothing.

    Where a stage would compute, those after it count as not standing: whether its result changes is not known yet.
    """
    fresh = frozenset(shard for shard, record in sources.items() if _is_listed(plan, shard, record))
    found = {}
    for stage in plan.stages:
        failed = {shard for shard in sources if plan.folder(stage.name).read_failure(shard)}
        fresh = frozenset(_standing(plan, stage.name, fresh, set(sources) - failed))
        sources = {shard: record for shard, record in sources.items() if shard not in failed}
        found[stage.name] = fresh
    return found


def _standing(plan: StagePlan, name: str, fresh: frozenset[str], alive: Iterable[str]) -> Iterator[str]:
    """Yield the shards whose result of a stage stands. fresh: those of the stage before; alive: those it would see."""
    single = not isinstance(plan.named(name), SeriesStage)
    for _, group in groupby(sorted(alive), key=(lambda shard: shard) if single else series_of):
        shards = tuple(group)
        if fresh.issuperset(shards) and _finished(plan, name, shards):
            yield from shards


def _is_listed(plan: StagePlan, shard: str, record: Record) -> bool:
    try:
        return StageFolder(plan.root / SOURCES).records(shard).read_bytes() == bytes(encode(record)) + b"\n"
    except OSError:
        return False


def _finished(plan: StagePlan, name: str, shards: tuple[str, ...]) -> bool:
    stage, folder = plan.named(name), plan.folder(name)
    if any(folder.read_marker(shard) is None for shard in shards) or not untouched(plan, stage, shards):
        return False
    try:
        digest, _ = digest_of(plan, stage, shards)
    except (StageError, InputError):  # a stage before it is not finished, or a file of it is gone
        return False
    return all(folder.finished(shard, digest) for shard in shards)
