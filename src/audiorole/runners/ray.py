"""The Ray runner: a local cluster or an existing one; models load once per actor.

Files on shared storage carry the state, so actors return only small reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from audiorole.pipeline.run import Task
from audiorole.pipeline.work import TaskReport
from audiorole.runners.loss import lost_worker
from audiorole.runners.threads import one_thread

Function = Callable[[Task], TaskReport]


class _Worker:
    """One process of the cluster."""

    def run(self, function: Function, task: Task) -> TaskReport:
        with one_thread():
            return function(task)


@dataclass(frozen=True)
class RayRunner:
    """Run tasks on `workers` Ray actors. address: "" starts a local cluster, "auto" or ray://… joins one."""

    workers: int
    address: str = ""

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish; a task whose actor dies twice is quarantined."""
        self._connect()
        remote: Any = ray.remote(num_cpus=1, max_restarts=-1)(_Worker)
        actors = [remote.remote() for _ in range(min(self.workers, len(tasks)))]
        try:
            yield from self._drain(function, list(tasks), actors)
        finally:
            for actor in actors:
                ray.kill(actor)

    def _connect(self) -> None:
        if not ray.is_initialized():
            options: dict[str, Any] = {"address": self.address} if self.address else {"num_cpus": self.workers}
            ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False, **options)

    def _drain(self, function: Function, tasks: list[Task], actors: list[Any]) -> Iterator[TaskReport]:
        waiting, idle = [(task, 2) for task in reversed(tasks)], list(actors)
        running: dict[Any, tuple[Any, Task, int]] = {}
        while waiting or running:
            while waiting and idle:
                actor, (task, tries) = idle.pop(), waiting.pop()
                running[actor.run.remote(function, task)] = (actor, task, tries)
            (ready,), _ = ray.wait(list(running), num_returns=1)
            actor, task, tries = running.pop(ready)
            idle.append(actor)
            try:
                yield ray.get(ready)
            except RayTaskError as error:
                raise error.cause from None  # the sentence of ours, without Ray's trace around it
            except RayActorError:
                if tries > 1:
                    waiting.append((task, tries - 1))
                else:
                    yield lost_worker(task)


def ray_runner(workers: int, address: str = "") -> RayRunner:
    """Return the Ray runner."""
    return RayRunner(workers, address)
