"""One thread for linear algebra, on every runner.

Two threads add up in another order and round otherwise: a build in one process gave other bytes than one in a pool.
Threads of many workers wait for one another in a spin: naming 10,000 lines took twelve times the CPU on a busy machine
of two cores (benchmarks/speed/scale.py).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What BLAS libraries read once, when they are loaded."""


class _Inside:
    """Those who want one thread now: the first sets it, the last puts back what was before."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.before: dict[str, str | None] = {}
        self.limits: threadpool_limits | None = None

    def enter(self) -> None:
        with self.lock:
            self.count += 1
            if self.count == 1:
                self.before = {name: os.environ.get(name) for name in BLAS_THREADS}
                self.limits = threadpool_limits(limits=1)
            os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))

    def leave(self) -> None:
        with self.lock:
            self.count -= 1
            if self.count or self.limits is None:
                return
            self.limits.restore_original_limits()
            for name, value in self.before.items():
                os.environ.pop(name, None)
                os.environ.update({name: value} if value is not None else {})


_inside = _Inside()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let libraries, loaded before or meanwhile, and processes spawned meanwhile do linear algebra on one thread.

    Several threads may be inside at a time, such as those of two reviews: the last to leave puts back what was before.
    """
    _inside.enter()
    try:
        yield
    finally:
        _inside.leave()
