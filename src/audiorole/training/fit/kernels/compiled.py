"""One function, two ways: compiled into a single kernel on a GPU, plain elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch


def run(function: Callable[..., Any], *arguments: Any, dynamic: bool = False) -> Any:
    """Return `function(*arguments)`, compiled if the first argument is on a GPU.

    For use inside hand-written gradients: arguments are detached, so that whether one of them wants a gradient does not
    compile the same kernel again. dynamic: one kernel for all shapes, else one for each.
    """
    if not arguments[0].is_cuda:
        return function(*arguments)
    detached = (item.detach() if isinstance(item, torch.Tensor) else item for item in arguments)
    return _compiled(function, dynamic)(*detached)


@cache
def _compiled(function: Callable[..., Any], dynamic: bool) -> Callable[..., Any]:
    compiled: Callable[..., Any] = torch.compile(function, dynamic=dynamic)
    return compiled
