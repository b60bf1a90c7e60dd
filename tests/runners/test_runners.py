"""All runners give the same bytes, and survive a worker that dies."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import select
import signal
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from audiorole.core.progress import Silent
from audiorole.errors import OutOfSpaceError
from audiorole.pipeline.run import run_plan
from audiorole.pipeline.work import EpisodeTask, TaskReport, run_task
from audiorole.runners.alarm import Alarm
from audiorole.runners.local import InProcess, ProcessPool
from audiorole.runners.stalled import Watch
from tests.pipeline import toy


def _run(root, runner, **contents):
    return run_plan(toy.line(root), toy.media(root, **contents), runner, Silent())


def test_process_pool_gives_the_same_bytes(tmp_path):
    for name, runner in (("one", InProcess()), ("two", ProcessPool(2))):
        _run(tmp_path / name, runner, e1="1", e2="2", e3="bad")
    assert toy.tree_bytes(tmp_path / "one" / "run") == toy.tree_bytes(tmp_path / "two" / "run")


def test_killed_worker_quarantines_its_own_task_only(tmp_path):
    summary = _run(tmp_path, ProcessPool(2), e1="1", e2="die", e3="3")
    assert [(note.shard, note.stage) for note in summary.quarantined] == [("show/e2", "count")]
    assert "worker process died" in summary.quarantined[0].error
    assert toy.line(tmp_path).folder("last").shards() == ["show/e1", "show/e3"]


def threads(_task):
    np.ones((2, 2)) @ np.ones((2, 2))
    return max(pool["num_threads"] for pool in threadpool_info())


@pytest.mark.parametrize("runner", [InProcess(), ProcessPool(2)])
def test_linear_algebra_has_one_thread_whatever_the_user_set(runner, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert list(runner.map(threads, [1, 2])) == [1, 1]


def hang(task):
    if task.shard == "show/e2":
        os.kill(os.getpid(), signal.SIGSTOP)
    if task.shard == "show/e3" and not (task.plan.root / "slept").exists():
        (task.plan.root / "slept").touch()
        time.sleep(60)
    return run_task(task)


def _tasks(root, **contents):
    run = _run(root, InProcess(), **contents)
    assert not run.quarantined
    plan = toy.line(root)
    return [EpisodeTask(plan, shard, ("count", "halve")) for shard in sorted(toy.media(root, **contents))]


def test_a_stopped_worker_and_one_that_does_nothing_are_replaced(tmp_path):
    tasks = _tasks(tmp_path, e1="1", e2="2", e3="3")
    began = time.monotonic()
    reports = {report.key: report for report in ProcessPool(2, stopped=2.0, idle=4.0).map(hang, tasks)}
    assert time.monotonic() - began < 40
    assert set(reports) == {"show/e1", "show/e2", "show/e3"}
    assert not [s.failure for key in ("show/e1", "show/e3") for s in reports[key].stages if s.failure]
    (failed,) = reports["show/e2"].stages
    assert "made no progress (it was stopped for" in failed.failure


def _locked():
    lock = threading.Lock()
    with lock:
        lock.acquire(timeout=60)


def _unsaid():
    reading, writing = os.pipe()
    try:
        if select.select([reading], [], [], 60)[0]:
            os.read(reading, 1)
    finally:
        os.close(reading)
        os.close(writing)


WAITS = {"sleep": lambda: time.sleep(60), "lock": _locked, "pipe": _unsaid}


def _waiting(run, how):
    def run_or_wait(self, records, context):
        seeds = list(records)
        if any((context.inputs / seed.file).read_text() == "wait" for seed in seeds):
            WAITS[how]()
        yield from run(self, seeds, context)

    return run_or_wait


@pytest.mark.parametrize("how", WAITS)
def test_one_worker_that_does_nothing_is_ended_and_the_next_episode_done(tmp_path, monkeypatch, how):
    monkeypatch.setattr(toy.Count, "run", _waiting(toy.Count.run, how))
    monkeypatch.setattr(Alarm, "look_seconds", 0.1)
    began, before = time.monotonic(), signal.getsignal(signal.SIGUSR1)
    summary = _run(tmp_path, InProcess(idle=0.8), e1="1", e2="wait", e3="3")
    assert time.monotonic() - began < 30
    ((shard, error),) = [(note.shard, note.error) for note in summary.quarantined]
    assert shard == "show/e2"
    assert error.startswith("the work made no progress (it did nothing for 1 s)")
    assert toy.line(tmp_path).folder("last").shards() == ["show/e1", "show/e3"]
    assert signal.getsignal(signal.SIGUSR1) == before


def test_one_worker_that_works_is_let_work(tmp_path, monkeypatch):
    def busy(task):
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            sum(range(1000))
        return task

    monkeypatch.setattr(Alarm, "look_seconds", 0.1)
    assert list(InProcess(idle=1.0).map(busy, [1, 2])) == [1, 2]


def test_what_uses_little_is_idle_where_others_make_noise(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("audiorole.runners.stalled.time.monotonic", lambda: float(next(clock)))
    for used, noise, idle in ((1, 0.0, False), (1, 0.05, True), (20, 0.05, False), (0, 0.0, True)):
        ticks = itertools.count(0, used)
        watch = Watch(1, 20.0, 5.0, noise, look=lambda pid, ticks=ticks: ("S", next(ticks)))
        watch.begin()
        assert any(watch.problem() for _ in range(9)) is idle


@pytest.mark.parametrize(("state", "idle"), [("R", False), ("D", False), ("", False), ("S", True), ("Z", True)])
def test_a_worker_that_waits_for_its_turn_on_a_busy_machine_is_not_idle(monkeypatch, state, idle):
    clock = itertools.count()
    monkeypatch.setattr("audiorole.runners.stalled.time.monotonic", lambda: float(next(clock)))
    watch = Watch(1, 20.0, 5.0, 0.05, look=lambda pid: (state, 7))
    watch.begin()
    assert any(watch.problem() for _ in range(9)) is idle


def test_a_worker_that_died_once_is_forgiven(tmp_path):
    tasks = _tasks(tmp_path, e1="1", e2="2")
    reports = list(ProcessPool(2).map(die_once, tasks))
    assert sorted(report.key for report in reports) == ["show/e1", "show/e2"]
    assert not [stage.failure for report in reports for stage in report.stages if stage.failure]


def die_once(task):
    mark = task.plan.root / f"died-{task.shard[-2:]}"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run_task(task)


def fill_the_disk(task):
    raise OutOfSpaceError("here")


def test_what_ends_a_run_ends_it_whichever_worker_meets_it(tmp_path):
    tasks = _tasks(tmp_path, e1="1", e2="2")
    with pytest.raises(OutOfSpaceError, match="here"):
        list(ProcessPool(2).map(fill_the_disk, tasks))
    assert not multiprocessing.active_children()


def whose(task):
    """Return the process, and that it used a lot of memory where the task says so."""
    return TaskReport(str(os.getpid()), (), 10**10 if task == "heavy" else 1)


def test_workers_stay_from_one_map_to_the_next_and_heavy_ones_go():
    with ProcessPool(2).kept() as crew:
        first = {report.key for report in crew.map(whose, ["light"])}
        again = {report.key for report in crew.map(whose, ["light"] * 6)}
        heavy = {report.key for report in crew.map(whose, ["heavy"] * 6)}
        fresh = {report.key for report in crew.map(whose, ["light"] * 6)}
    assert first <= again | heavy
    assert len(first) == 1
    assert not heavy & fresh
    assert not multiprocessing.active_children()


def test_a_kept_worker_that_died_meanwhile_is_replaced():
    with ProcessPool(1).kept() as crew:
        (first,) = [report.key for report in crew.map(whose, ["light"])]
        os.kill(int(first), signal.SIGKILL)
        time.sleep(0.2)
        (second,) = [report.key for report in crew.map(whose, ["light"])]
    assert first != second


def test_what_is_left_of_a_map_that_nobody_reads_to_its_end_is_ended(tmp_path):
    tasks = _tasks(tmp_path, e1="1", e2="2", e3="3")
    with ProcessPool(2).kept() as crew:
        reports = crew.map(sleep_after_the_first, tasks)
        next(reports)
        reports.close()
        assert [report.key for report in crew.map(run_task, tasks[:1])] == [tasks[0].shard]
    assert not multiprocessing.active_children()


def sleep_after_the_first(task):
    if task.shard != "show/e1":
        time.sleep(60)
    return run_task(task)
