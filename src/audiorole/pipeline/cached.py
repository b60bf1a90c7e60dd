"""What is finished already, told without a worker: nothing is computed and no file from outside is read."""

from __future__ import annotations

from audiorole.errors import InputError, StageError
from audiorole.pipeline.dependence import digest_of, untouched
from audiorole.pipeline.work import EpisodeTask, SeriesTask, StageReport, TaskReport


def cached_report(task: EpisodeTask | SeriesTask) -> TaskReport | None:
    """Return the report of a task whose every result is there, None where a worker has to look at it."""
    shards = (task.shard,) if isinstance(task, EpisodeTask) else task.shards
    stages = task.stages if isinstance(task, EpisodeTask) else (task.stage,)
    reports = []
    for name in stages:
        if not _finished(task, name, shards):
            return None
        reports += [StageReport(name, shard, cached=True) for shard in shards]
    return TaskReport(task.shard if isinstance(task, EpisodeTask) else task.series, tuple(reports))


def _finished(task: EpisodeTask | SeriesTask, name: str, shards: tuple[str, ...]) -> bool:
    stage, folder = task.plan.named(name), task.plan.folder(name)
    if any(folder.read_marker(shard) is None for shard in shards) or not untouched(task.plan, stage, shards):
        return False
    try:
        digest, _ = digest_of(task.plan, stage, shards)
    except (StageError, InputError):  # a stage before it is not finished, or a file of it is gone
        return False
    return all(folder.finished(shard, digest) for shard in shards)
