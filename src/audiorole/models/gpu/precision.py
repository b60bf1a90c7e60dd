"""Full float32 on a GPU: its short form (TF32), which cuDNN takes by default, has errors of 1e-3."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

Given = ParamSpec("Given")
Found = TypeVar("Found")

WHOLE = 2048
"""Whole numbers up to this are exact in the short form, which keeps eleven bits, and their products in its sums."""


def short_floats(allowed: bool) -> AbstractContextManager[None]:
    """Let cuDNN use the short form meanwhile, or keep it from that; nothing changes on a CPU."""
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(enabled=True, allow_tf32=allowed)
    return flags


def full_precision(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """Return `function` with float32 in full while it runs."""

    @wraps(function)
    def run(*arguments: Given.args, **named: Given.kwargs) -> Found:
        with short_floats(False):
            return function(*arguments, **named)

    return run
