"""What becomes of a task whose worker died: its shards are quarantined with a reason."""

from __future__ import annotations

import msgspec

from audiorole.pipeline.run import Task
from audiorole.pipeline.store import Failure, write_atomic
from audiorole.pipeline.work import EpisodeTask, StageReport, TaskReport

DIED = "the worker process died (killed, or out of memory{}); the next run tries again"
STALLED = "the worker process made no progress ({}) and was ended; the next run tries again"


def lost_worker(task: Task, ending: str = "", stalled: str = "") -> TaskReport:
    """Write the quarantine notes that the lost worker could not write, and return its report.

    ending: how the process ended (`signal 9`); stalled: why it was ended, where it did not end by itself.
    """
    sentence = STALLED.format(stalled) if stalled else DIED.format(f"; {ending}" if ending else "")
    key, shards = (task.shard, (task.shard,)) if isinstance(task, EpisodeTask) else (task.series, task.shards)
    reports = tuple(_note(task, shard, sentence) for shard in shards)
    return TaskReport(key, reports)


def _note(task: Task, shard: str, sentence: str) -> StageReport:
    stage = _unfinished(task, shard)
    task.plan.folder(stage).forget(shard)
    note = Failure(shard=shard, stage=stage, error=sentence)
    write_atomic(task.plan.folder(stage).failure(shard), msgspec.json.encode(note))
    task.plan.forget_after(stage, shard)
    return StageReport(stage, shard, cached=False, failure=sentence)


def _unfinished(task: Task, shard: str) -> str:
    """Return the first stage of the task without a marker: the one the worker died in, or its predecessor's next."""
    if not isinstance(task, EpisodeTask):
        return task.stage
    for name in task.stages:
        if task.plan.folder(name).read_marker(shard) is None:
            return name
    return task.stages[-1]
