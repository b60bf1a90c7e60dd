"""One thread for linear algebra, whoever wants it at the same time."""

from __future__ import annotations

import os
import threading
import time

import pytest
from threadpoolctl import threadpool_info

from audiorole.runners import threads
from audiorole.runners.threads import BLAS_THREADS, one_thread


@pytest.fixture(autouse=True)
def _nobody_is_inside():
    """Wait for a thread of an earlier test that still works, such as the one that names a series under review."""
    deadline = time.monotonic() + 60
    while threads._inside.count and time.monotonic() < deadline:
        time.sleep(0.05)


def seen() -> tuple[dict[str, str | None], list[int]]:
    pools = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
    return {name: os.environ.get(name) for name in BLAS_THREADS}, pools


def told() -> bool:
    """What a thread that is not the first one can rely on: some libraries count threads for each thread."""
    return set(seen()[0].values()) == {"1"}


def inside() -> bool:
    names, pools = seen()
    return set(names.values()) == {"1"} and set(pools) <= {1}


def test_what_was_before_is_there_again(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = seen()
    with one_thread(), one_thread():
        assert inside()
    assert seen() == before


@pytest.mark.parametrize("first_leaves_first", [True, False])
def test_two_who_overlap_leave_it_as_it_was(first_leaves_first, monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before, entered, go, found = seen(), threading.Event(), threading.Event(), []

    def other() -> None:
        with one_thread():
            entered.set()
            go.wait(10)
            found.append(told())

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        assert entered.wait(10)
        if not first_leaves_first:
            go.set()
            thread.join()
        assert inside()
    if first_leaves_first:
        assert inside(), "the other one is not done"
        go.set()
        thread.join()
    assert found == [True]
    assert seen()[0] == before[0]


def test_many_at_once_leave_it_as_it_was(monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before, faults = seen(), []

    def work() -> None:
        try:
            for _ in range(40):
                with one_thread():
                    assert told()
        except BaseException as error:
            faults.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert faults == []
    assert seen()[0] == before[0]
