"""A function of fixed shapes, recorded once on a GPU and played back: hundreds of small kernels for one launch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3
"""Plain calls before recording: libraries choose their algorithms and make their plans in these."""


class Recorded:
    """`function(*tensors) -> tensors`. On a GPU every call after the first copies its inputs and plays the recording.

    What it returns is overwritten by the next call. A recording may go on from the results of another, gradients too.
    pool: memory shared with other recordings (`torch.cuda.graph_pool_handle()`); what one of them returns then holds
    until any of them is played.
    """

    def __init__(self, function: Callable[..., Sequence[Tensor]], pool: tuple[int, int] | None = None) -> None:
        self._function, self._pool = function, pool
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: list[Tensor] = []
        self._outputs: Sequence[Tensor] = ()

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        """Return what the function makes of `inputs`."""
        if not inputs[0].is_cuda:
            return self._function(*inputs)
        self.record(*inputs)
        for held, given in zip(self._inputs, inputs, strict=True):
            if held.data_ptr() != given.data_ptr():
                held.copy_(given)
        assert self._graph is not None  # recorded just above
        self._graph.replay()
        return self._outputs

    def record(self, *inputs: Tensor) -> None:
        """Record if that is not done; it draws random numbers, so whoever wants them repeatable seeds after it."""
        if self._graph is not None or not inputs[0].is_cuda:
            return
        self._inputs = [given if given.requires_grad else given.clone() for given in inputs]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                self._run()
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=self._pool):  # type: ignore[arg-type]
            self._outputs = self._run()

    def _run(self) -> Sequence[Tensor]:
        """Call the function with copies: what autograd keeps of them must not change with the next call's inputs."""
        return self._function(*(held if held.requires_grad else held.clone() for held in self._inputs))
