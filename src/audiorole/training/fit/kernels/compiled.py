"""One function, two ways: compiled into a single kernel on a GPU, plain elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import torch

Result = TypeVar("Result")


def run(function: Callable[..., Result], *arguments: object, dynamic: bool = False) -> Result:
    """Return `function(*arguments)`, compiled if the first argument is on a GPU.

    For use inside hand-written gradients: arguments are detached, so that whether one of them wants a gradient does not
    compile the same kernel again. dynamic: one kernel for all shapes, else one for each.
    """
    if not (isinstance(arguments[0], torch.Tensor) and arguments[0].is_cuda):
        return function(*arguments)
    detached = (item.detach() if isinstance(item, torch.Tensor) else item for item in arguments)
    return _compiled(function, dynamic)(*detached)


@cache
def _compiled(function: Callable[..., Result], dynamic: bool) -> Callable[..., Result]:
    compiled: Callable[..., Result] = torch.compile(function, dynamic=dynamic)
    return compiled
