"""Where a model runs: `cpu` or `cuda`, and what `auto` means on this machine. This module imports nothing heavy.

A stage's field `device` holds `cpu` or `cuda` and is part of its digest. `auto` is asked once, where a build begins:
it is `cuda` where an NVIDIA GPU is there and something installed can use it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from audiorole.core.registry import Registry
from audiorole.errors import ConfigError, MissingExtraError

CPU, CUDA, AUTO = "cpu", "cuda", "auto"
DEVICES = (AUTO, CPU, CUDA)
Device = Literal["cpu", "cuda"]
"""Of a stage: where its models run."""

RUNTIMES: Registry[Callable[[], str]] = Registry(
    "GPU runtime",
    {
        "torch": "audiorole.models.gpu.runtimes.with_torch:problem",
        "onnxruntime": "audiorole.models.gpu.runtimes.with_onnxruntime:problem",
        "ctranslate2": "audiorole.models.gpu.runtimes.with_ctranslate2:problem",
    },
    extras={"torch": "gpu"},
)
"""What can use a GPU → a function that says why it cannot here, "" where it can."""

NEEDED = "torch"
"""The runtime without which nothing runs on a GPU; the others take over where they can."""


@lru_cache(maxsize=1)
def gpu_count() -> int:
    """Return how many NVIDIA GPUs this process may use, by asking the driver; 0 without one."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def runtime_problem(name: str) -> str:
    """Return why the runtime `name` cannot use a GPU here, "" where it can."""
    if not gpu_count():
        return "no NVIDIA GPU is there"
    try:
        return RUNTIMES.load(name)()
    except (MissingExtraError, ConfigError) as error:
        return str(error)


def resolved(device: str) -> Device:
    """Return `cpu` or `cuda` for what was asked for. Raises `ConfigError` for `cuda` where nothing can use a GPU."""
    if device not in DEVICES:
        raise ConfigError(f"There is no device {device!r}; known: {', '.join(DEVICES)}.")
    if device == CPU:
        return "cpu"
    problem = runtime_problem(NEEDED)
    if problem and device == CUDA:
        raise ConfigError(f"Models cannot run on a GPU here: {problem.rstrip('.')}. --device cpu runs them without.")
    return "cpu" if problem else "cuda"
