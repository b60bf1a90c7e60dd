"""Which GPU a worker sees: the workers of a machine take turns with its GPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VISIBLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def one_gpu(place: int, gpus: int) -> Iterator[None]:
    """Let processes that are started meanwhile see one of `gpus` GPUs, by turns; with one or none, nothing changes."""
    before = os.environ.get(VISIBLE)
    if gpus > 1:
        os.environ[VISIBLE] = visible_gpu(place, gpus, before)
    try:
        yield
    finally:
        if gpus > 1 and before is None:
            del os.environ[VISIBLE]
        elif before is not None:
            os.environ[VISIBLE] = before


def visible_gpu(place: int, gpus: int, given: str | None = None) -> str:
    """Return the name of the GPU for the worker at `place`. given: those that this process was given, comma-separated.

    >>> [visible_gpu(place, 2) for place in range(3)]
    ['0', '1', '0']
    >>> visible_gpu(1, 2, "3,5")
    '5'
    """
    names = given.split(",") if given else [str(number) for number in range(gpus)]
    return names[place % gpus]


def gpu_share(workers: int, gpus: float) -> float:
    """Return what part of a GPU each of `workers` may ask a cluster with `gpus` for, so that all find a place.

    >>> gpu_share(8, 2), gpu_share(2, 4), gpu_share(3, 2)
    (0.25, 1.0, 0.5)
    """
    per_gpu = max(1, -(-workers // max(1, int(gpus))))
    return 1 / per_gpu
