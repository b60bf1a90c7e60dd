"""One thread for linear algebra, on every runner.

Two threads add up in another order and round otherwise: a build in one process gave other bytes than one in a pool.
Threads of many workers wait for one another in a spin: naming 10,000 lines took twelve times the CPU on a busy machine
of two cores (benchmarks/speed/scale.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What BLAS libraries read once, when they are loaded."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Let libraries, loaded before or meanwhile, and processes spawned meanwhile do linear algebra on one thread."""
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({name: value} if value is not None else {})
