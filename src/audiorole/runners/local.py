"""Runners on this machine: in-process, and a pool of spawned processes that survives killed and stalled workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from audiorole.pipeline.run import Task
from audiorole.pipeline.work import TaskReport
from audiorole.runners.alarm import Alarm
from audiorole.runners.gpus import one_gpu
from audiorole.runners.loss import lost_worker
from audiorole.runners.stalled import Watch
from audiorole.runners.threads import one_thread

Function = Callable[[Task], TaskReport]

TRIES = 2
"""A task whose worker is lost runs once more: it may have been another's memory."""

PATIENCE = 3.0
"""Seconds that a worker gets to end by itself: what it leaves unsaid otherwise is a warning on the terminal."""

LOOK_SECONDS = 1.0
"""How often workers are looked at while nothing comes from them."""

HEAVY_BYTES = 500_000_000
"""Of memory: a worker that needed more, for its models, ends with its share of the work and a fresh one goes on."""


@dataclass(frozen=True)
class InProcess:
    """Run tasks one after another in this process: for tests, debuggers and one core.

    idle: seconds without any work of the CPU after which what is done is ended, and its episode quarantined.
    """

    idle: float = 900.0

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports in the order of the tasks."""
        alarm = Alarm(self.idle)
        with one_thread(), alarm.set():
            for task in tasks:
                yield alarm.call(function, task)


@dataclass(frozen=True)
class ProcessPool:
    """Run tasks in `workers` spawned processes; models load once per process.

    A worker that dies (out of memory, say) or stalls is replaced, and its task runs once more; the task that loses two
    is quarantined. stopped: seconds that a worker may be stopped (SIGSTOP); idle: seconds without any work of the CPU
    after which it counts as hanging. gpus: of this machine that workers take turns with; each sees one of them.
    """

    workers: int
    stopped: float = 20.0
    idle: float = 900.0
    gpus: int = 0

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish."""
        with self.kept() as crew:
            yield from crew.map(function, tasks)

    @contextmanager
    def kept(self) -> Iterator[Crew]:
        """Give this pool with workers that stay from one `map` to the next: starting one takes seconds."""
        crew = Crew(self)
        with one_thread():
            try:
                yield crew
            except BaseException:
                crew.stop()
                raise
            finally:
                crew.leave()


@dataclass
class Crew:
    """The workers of a pool. leaving: those that were let go, and may still be at their end."""

    limits: ProcessPool
    workers: list[_Worker] = field(default_factory=list)
    leaving: list[_Worker] = field(default_factory=list)

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish."""
        waiting = [(task, TRIES) for task in reversed(tasks)]
        self._staff(min(self.limits.workers, len(tasks)))
        try:
            while waiting or any(worker.task for worker in self.workers):
                for place, worker in enumerate(self.workers):
                    if waiting and worker.task is None:
                        self.workers[place] = _given(worker, function, waiting, place)
                yield from self._reports(waiting)
        finally:
            self._let_go()

    def _staff(self, count: int) -> None:
        self.workers += [_started(self.limits, place) for place in range(len(self.workers), count)]

    def _reports(self, waiting: list[tuple[Task, int]]) -> Iterator[TaskReport]:
        """Wait for something of a worker; yield what is finished, put back what is to run again."""
        busy = {worker.connection: worker for worker in self.workers if worker.task}
        ready = wait([*busy], LOOK_SECONDS)
        for connection, worker in busy.items():
            loss = worker.watch.problem() if connection not in ready else ""
            report = worker.receive() if connection in ready else None
            if report is not None:
                yield report
            elif connection in ready or loss:
                task, tries = worker.lose()
                if tries > 1:
                    waiting.append((task, tries - 1))
                else:
                    yield lost_worker(task, worker.ending(), loss)

    def _let_go(self) -> None:
        """Part with workers whose task nobody waits for any more, and with those that hold much memory."""
        for worker in self.workers:
            if worker.task or worker.peak_bytes > HEAVY_BYTES:
                worker.let_go()
                self.leaving.append(worker)
        self.workers = [worker for worker in self.workers if not worker.connection.closed]

    def stop(self) -> None:
        """Make all workers end."""
        for worker in (*self.workers, *self.leaving):
            worker.process.terminate()

    def leave(self) -> None:
        """Wait until all workers have ended."""
        for worker in self.workers:
            worker.connection.close()
        until = time.monotonic() + PATIENCE
        for worker in (*self.workers, *self.leaving):
            worker.leave(until)


@dataclass
class _Worker:
    """A process, what it works on, and our end of its pipe."""

    process: SpawnProcess
    connection: Connection
    limits: ProcessPool
    watch: Watch = field(init=False)
    task: tuple[Task, int] | None = None
    peak_bytes: int = 0

    def __post_init__(self) -> None:
        self.watch = Watch(self.process.pid or 0, self.limits.stopped, self.limits.idle)

    def receive(self) -> TaskReport | None:
        """Return the report of the task, None where the worker died. Raises what the task raised."""
        try:
            found = self.connection.recv()
        except (EOFError, OSError):
            return None
        self.task = None
        if isinstance(found, BaseException):
            raise found
        report: TaskReport = found
        self.peak_bytes = getattr(found, "peak_bytes", 0)
        return report

    def lose(self) -> tuple[Task, int]:
        """End the process for good; return its task and how often that may still be tried."""
        assert self.task
        task, self.task = self.task, None
        self.end()
        return task

    def ending(self) -> str:
        """Return how the process ended, where that says something."""
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def let_go(self) -> None:
        """Ask the process to end: at once, where it is at something."""
        if self.task:
            self.process.terminate()
        self.connection.close()

    def leave(self, until: float) -> None:
        """Let the process end by itself, which it does when its pipe closes; after `until`, make it."""
        self.process.join(max(0.1, until - time.monotonic()))
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def _given(worker: _Worker, function: Function, waiting: list[tuple[Task, int]], place: int) -> _Worker:
    """Give a worker, or its successor where it is dead, the next task."""
    if not worker.process.is_alive() or worker.connection.closed:
        worker = _started(worker.limits, place)
    worker.task = waiting.pop()
    worker.watch.begin()
    with suppress(OSError):  # it died this moment: its pipe says so to whoever reads
        worker.connection.send((function, worker.task[0]))
    return worker


def _started(limits: ProcessPool, place: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    with one_gpu(place, limits.gpus):
        process.start()
    theirs.close()
    return _Worker(process, ours, limits)


def serve(connection: Connection) -> None:
    """Do the tasks that come through a pipe, until it closes. Signals of the terminal are the parent's to answer."""
    begin_worker()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with one_thread():
        while True:
            try:
                function, task = connection.recv()
            except (EOFError, OSError):
                return
            connection.send(_done(function, task))


def _done(function: Function, task: Task) -> TaskReport | BaseException:
    try:
        return function(task)
    except Exception as error:  # the parent raises it: a full disk, say, ends the whole run
        return error


def begin_worker() -> None:
    """Let a worker end with its parent: after a kill it would write beside the run that resumes.

    Ctrl-C ends it at once too; the parent has the sentence for it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def local_runner(workers: int, address: str = "") -> InProcess | ProcessPool:
    """Return the runner of this machine: in-process for one worker, a pool for more. address is Ray's and unused."""
    return InProcess() if workers == 1 else ProcessPool(workers)
