"""The Ray runner: a local cluster or an existing one; models load once per actor.

Files on shared storage carry the state, so actors return only small reports. On each machine of the cluster a lookout
watches the actors there, as the process pool watches its workers: one that is stopped cannot tell so itself.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from audiorole.pipeline.run import Task
from audiorole.pipeline.work import TaskReport
from audiorole.runners.gpus import gpu_share
from audiorole.runners.local import HEAVY_BYTES, LOOK_SECONDS, TRIES
from audiorole.runners.loss import lost_worker
from audiorole.runners.stalled import Watch
from audiorole.runners.threads import one_thread

Function = Callable[[Task], TaskReport]

NOISE = 0.05
"""Share of a core's time that Ray's own threads may use in a worker that does nothing; idle ones use about .01."""

ANSWER_SECONDS = 10.0
"""For a lookout; one that does not answer in time is asked again."""


class _Worker:
    """One process of the cluster."""

    def where(self) -> tuple[str, int]:
        """Return the machine and the process that the next task runs in."""
        return ray.get_runtime_context().get_node_id(), os.getpid()

    def run(self, function: Function, task: Task) -> TaskReport:
        with one_thread():
            return function(task)


class _Lookout:
    """Watches the processes of one machine, from beside them."""

    def __init__(self, stopped: float, idle: float) -> None:
        self._limits, self._watches = (stopped, idle), dict[tuple[int, int], Watch]()

    def problems(self, working: Sequence[tuple[int, int]]) -> dict[int, str]:
        """Return process → why it counts as lost; such a process is ended. working: (process, number of its task)."""
        self._watches = {one: self._watches.get(one) or self._begun(one[0]) for one in working}
        found = {pid: why for (pid, _), watch in self._watches.items() if (why := watch.problem())}
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def _begun(self, pid: int) -> Watch:
        watch = Watch(pid, *self._limits, noise=NOISE)
        watch.begin()
        return watch


@dataclass
class _Job:
    """A task that an actor has. where: a reference to its machine and process; loss: why its process was ended."""

    actor: Any
    task: Task
    tries: int
    number: int
    where: Any
    loss: str = ""


@dataclass
class _Lookouts:
    """One lookout for each machine that has an actor."""

    stopped: float
    idle: float
    actors: dict[str, Any] = field(default_factory=dict)

    def look(self, jobs: Sequence[_Job]) -> None:
        """Note the loss of each job whose process does not work any more."""
        placed = [(job, *place) for job in jobs if (place := _place(job))]
        for node in {node for _, node, _ in placed}:
            here = {pid: job for job, at, pid in placed if at == node}
            for pid, why in self._problems(node, here).items():
                here[pid].loss = why

    def _problems(self, node: str, here: Mapping[int, _Job]) -> dict[int, str]:
        if node not in self.actors:
            place = NodeAffinitySchedulingStrategy(node, soft=False)
            remote: Any = ray.remote(num_cpus=0, scheduling_strategy=place)(_Lookout)
            self.actors[node] = remote.remote(self.stopped, self.idle)
        asked = self.actors[node].problems.remote([(pid, job.number) for pid, job in here.items()])
        try:
            found: dict[int, str] = ray.get(asked, timeout=ANSWER_SECONDS)
        except GetTimeoutError:
            return {}
        except RayActorError:  # its machine is gone, and the workers there with it
            del self.actors[node]
            return {}
        return found

    def end(self) -> None:
        """Let the lookouts go."""
        for actor in self.actors.values():
            ray.kill(actor)


@dataclass
class _ActorCrew:
    """The actors of a run. idle: those without a task; waiting: tasks, each with how often it may still be tried.

    gpu: what part of one each asks for. heavy: those that needed much memory for their models.
    """

    size: int
    lookouts: _Lookouts
    waiting: list[tuple[Task, int]] = field(default_factory=list)
    idle: list[Any] = field(default_factory=list)
    heavy: list[Any] = field(default_factory=list)
    jobs: dict[Any, _Job] = field(default_factory=dict)
    given: int = 0
    gpu: float = 0.0

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish; a task whose actor dies or stalls twice is quarantined."""
        self.waiting = [(task, TRIES) for task in reversed(tasks)]
        self.idle += [_started(self.gpu) for _ in range(len(self.idle), min(self.size, len(tasks)))]
        try:
            yield from _drain(function, self)
        finally:
            self._let_go()

    def give(self, function: Function) -> None:
        """Give tasks to idle actors."""
        while self.waiting and self.idle:
            actor, (task, tries) = self.idle.pop(), self.waiting.pop()
            self.given += 1
            job = _Job(actor, task, tries, self.given, actor.where.remote())
            self.jobs[actor.run.remote(function, task)] = job

    def report(self, reference: Any) -> TaskReport | None:
        """Return the report of a job; None where its process was lost and it is to run again. Raises what it raised.

        A lost actor gets a successor: one that Ray restarts may still refuse what comes too early.
        """
        job = self.jobs.pop(reference)
        try:
            found: TaskReport = ray.get(reference)
        except RayTaskError as error:
            raise error.cause from None  # the sentence of ours, without Ray's trace around it
        except RayActorError:
            ray.kill(job.actor)
            self.idle.append(_started(self.gpu))
            if job.tries > 1:
                self.waiting.append((job.task, job.tries - 1))
                return None
            return lost_worker(job.task, stalled=job.loss)
        self.idle.append(job.actor)
        if getattr(found, "peak_bytes", 0) > HEAVY_BYTES and job.actor not in self.heavy:
            self.heavy.append(job.actor)
        return found

    def _let_go(self) -> None:
        """Part with the actors that nobody waits for any more, and with those that hold much memory."""
        for actor in (*self.heavy, *(job.actor for job in self.jobs.values())):
            ray.kill(actor)
        self.idle = [actor for actor in self.idle if actor not in self.heavy]
        self.heavy, self.jobs, self.waiting = [], {}, []

    def end(self) -> None:
        """Let all actors go."""
        self.lookouts.end()
        for actor in self.idle:
            ray.kill(actor)


def _started(gpu: float) -> Any:
    remote: Any = ray.remote(num_cpus=1, num_gpus=gpu)(_Worker)
    return remote.remote()


@dataclass(frozen=True)
class RayRunner:
    """Run tasks on `workers` Ray actors. address: "" starts a local cluster, "auto" or ray://… joins one.

    stopped, idle: as in `ProcessPool`. gpus: over 0 where models run on GPUs: the actors share those of the cluster;
    a local one has so many.
    """

    workers: int
    address: str = ""
    stopped: float = 20.0
    idle: float = 900.0
    gpus: int = 0

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish; a task whose actor dies or stalls twice is quarantined."""
        with self.kept() as crew:
            yield from crew.map(function, tasks)

    @contextmanager
    def kept(self) -> Iterator[_ActorCrew]:
        """Give this runner with actors that stay from one `map` to the next: starting one takes seconds."""
        self._connect()
        crew = _ActorCrew(self.workers, _Lookouts(self.stopped, self.idle), gpu=self._gpu())
        try:
            yield crew
        finally:
            crew.end()

    def _gpu(self) -> float:
        """Return what part of a GPU each actor asks for."""
        return gpu_share(self.workers, ray.cluster_resources().get("GPU", 0)) if self.gpus else 0.0

    def _connect(self) -> None:
        if not ray.is_initialized():
            options: dict[str, Any] = (
                {"address": self.address} if self.address else {"num_cpus": self.workers, "num_gpus": self.gpus}
            )
            ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False, **options)


def _drain(function: Function, crew: _ActorCrew) -> Iterator[TaskReport]:
    while crew.waiting or crew.jobs:
        crew.give(function)
        ready, _ = ray.wait(list(crew.jobs), num_returns=1, timeout=LOOK_SECONDS)
        if not ready:
            crew.lookouts.look(list(crew.jobs.values()))
        for reference in ready:
            report = crew.report(reference)
            if report is not None:
                yield report


def _place(job: _Job) -> tuple[str, int] | None:
    """Return machine and process of a job; None while it has none, or no longer."""
    try:
        return ray.get(job.where, timeout=0) if ray.wait([job.where], timeout=0)[0] else None
    except (GetTimeoutError, RayActorError):
        return None


def ray_runner(workers: int, address: str = "") -> RayRunner:
    """Return the Ray runner."""
    return RayRunner(workers, address)
