"""Time, memory and error of several ways to do one part of a training step, at the sizes of GLM-4-Voice's network."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

import torch

SHAPES = {"full": (8192, 4096, 13_696, 168_960, 32, 128), "tiny": (256, 64, 96, 1024, 4, 16)}
"""Tokens, hidden, ffn, vocabulary, heads, numbers a head."""

ROUNDS = 15


def compare(at: Shapes, candidates: dict, reference: Callable, inputs: tuple, grads: tuple) -> dict:
    """Return what each candidate takes and how far it is from `reference` in float32."""
    expected = run_once(reference, [one.detach().float().requires_grad_(one.requires_grad) for one in inputs], grads)
    results: dict = {}
    for name, function in candidates.items():
        try:
            found = run_once(function, inputs, grads)
            errors = [float((a.float() - b).norm() / b.norm()) for a, b in zip(found, expected, strict=True)]
            del found
            timed = at.measured(lambda function=function: run_once(function, inputs, grads))
            results[name] = timed | {"error": float(f"{max(errors):.3g}")}
        except Exception as error:
            results[name] = {"failed": f"{type(error).__name__}: {error}"[:300]}
        at.clean()
    return against_ours(results)


def against_ours(results: dict) -> dict:
    """Return `results`, each candidate with its figures as multiples of ours: `ms_ratio`, `peak_mib_ratio`, …"""
    ours = results["ours"]
    for found in results.values():
        for figure in ("ms", "peak_mib", "quantize_ms", "dense_ms", "bits"):
            if found.get(figure) and ours.get(figure):
                found[f"{figure}_ratio"] = round(found[figure] / ours[figure], 3)
    return results


def run_once(function: Callable, inputs, grads) -> list:
    """Return the outputs and the gradients of every input that wants one."""
    outputs = function(*inputs)
    wanted = [one for one in inputs if one.requires_grad]
    found = torch.autograd.grad(outputs, wanted, [grad.to(out.dtype) for grad, out in zip(grads, outputs, strict=True)])
    return [*(out.detach() for out in outputs), *found]


class Shapes:
    """The sizes of one run, and its clock. On a GPU time is between events, elsewhere by the wall."""

    def __init__(self, size: str, device: str) -> None:
        self.size, self.device = size, device
        self.tokens, self.hidden, self.ffn, self.vocabulary, self.heads, self.head = SHAPES[size]
        self.layers = 4 if size == "full" else 2
        torch.manual_seed(0)

    def random(self, *shape: int) -> torch.Tensor:
        """Return a random bfloat16 tensor."""
        return torch.randn(*shape, device=self.device, dtype=torch.bfloat16)

    def states(self) -> torch.Tensor:
        """Return a random residual stream that wants a gradient."""
        return self.random(self.tokens, self.hidden).requires_grad_()

    def measured(self, function: Callable) -> dict:
        """Return median milliseconds and peak MiB above what is already held."""
        milliseconds = self.milliseconds(function)
        if self.device != "cuda":
            return {"ms": milliseconds}
        self.clean()
        held = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        function()
        return {"ms": milliseconds, "peak_mib": round((torch.cuda.max_memory_allocated() - held) / 2**20, 1)}

    def milliseconds(self, function: Callable) -> float:
        """Return the median time of `function` after three calls to warm up."""
        for _ in range(3):
            function()
        times = [self._timed(function) for _ in range(ROUNDS)]
        return float(f"{statistics.median(times):.4g}")

    def _timed(self, function: Callable) -> float:
        if self.device != "cuda":
            start = time.perf_counter()
            function()
            return 1e3 * (time.perf_counter() - start)
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        function()
        end.record()
        torch.cuda.synchronize()
        return start.elapsed_time(end)

    def clean(self) -> None:
        """Give freed memory back, so that the next candidate starts from the same place."""
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()
