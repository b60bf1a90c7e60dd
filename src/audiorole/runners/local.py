"""Runners on this machine: in-process, and a pool of spawned processes that survives a killed worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from audiorole.pipeline.run import Task
from audiorole.pipeline.work import TaskReport
from audiorole.runners.loss import lost_worker
from audiorole.runners.threads import one_thread

Function = Callable[[Task], TaskReport]


@dataclass(frozen=True)
class InProcess:
    """Run tasks one after another in this process: for tests, debuggers and one core."""

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports in the order of the tasks."""
        with one_thread():
            yield from map(function, tasks)


@dataclass(frozen=True)
class ProcessPool:
    """Run tasks in `workers` spawned processes; models load once per process.

    A worker that dies (out of memory, say) breaks the pool and does not say which task it held: what was not
    finished runs again one task per process, and the task that kills its own process is quarantined.
    """

    workers: int

    def map(self, function: Function, tasks: Sequence[Task]) -> Iterator[TaskReport]:
        """Yield the reports as the tasks finish."""
        unfinished = dict(enumerate(tasks))
        for index, report in self._pooled(function, tasks):
            del unfinished[index]
            yield report
        for task in unfinished.values():
            yield self._alone(function, task)

    def _pooled(self, function: Function, tasks: Sequence[Task]) -> Iterator[tuple[int, TaskReport]]:
        with _pool(min(self.workers, len(tasks)) or 1) as pool:
            futures = {pool.submit(function, task): index for index, task in enumerate(tasks)}
            pending: set[Future[TaskReport]] = set(futures)
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    if isinstance(future.exception(), BrokenProcessPool):
                        return
                    yield futures[future], future.result()

    def _alone(self, function: Function, task: Task) -> TaskReport:
        with _pool(1) as pool:
            try:
                return pool.submit(function, task).result()
            except BrokenProcessPool:
                return lost_worker(task)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of spawned processes; leaving it early forgets the tasks that nobody has begun."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=begin_worker)
    try:
        with one_thread():
            yield pool
    finally:
        pool.shutdown(cancel_futures=True)


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
