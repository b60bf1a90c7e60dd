"""Cross-entropy over a large vocabulary, for the rows that have a label, a chunk of rows at a time.

168,960-way logits of 8,192 tokens are 5.5 GB in float32, and most rows carry no label. The rows are chosen before the
head, and each chunk's gradient is formed at once, while its logits are there; no logits outlive their chunk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import pad

from audiorole.training.fit.kernels.compiled import run

CHUNK_ROWS = 1024
"""Rows a chunk: 0.35 GB of bf16 logits at GLM-4-Voice's vocabulary; larger products are no faster on an H200."""


def chunked_cross_entropy(
    states: Tensor, weight: Tensor, targets: Tensor, row_weights: Tensor, chunk_rows: int = CHUNK_ROWS
) -> tuple[Tensor, Tensor]:
    """Return the weighted sum of the negative log-likelihoods, and each row's own (float32 `(rows,)`, no gradient).

    states: `(rows, hidden)`; weight: the head's `(vocabulary, hidden)`; targets: int64 `(rows,)`; row_weights: float32
    `(rows,)`. Gradients flow to states and, if it requires one, to weight.
    """
    total, nll = _ChunkedCrossEntropy.apply(states, weight, targets, row_weights, chunk_rows)
    return total, nll


class _ChunkedCrossEntropy(Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, targets: Tensor, row_weights: Tensor, chunk_rows: int
    ) -> tuple[Tensor, Tensor]:
        rows = len(states)
        chunk_rows = max(1, min(chunk_rows, rows)) if not states.is_cuda else chunk_rows
        missing = -rows % chunk_rows  # static shapes: the last chunk is filled up with rows of weight 0
        padded, targets = pad(states, (0, 0, 0, missing)), pad(targets, (0, missing))
        row_weights = pad(row_weights, (0, missing))
        grad_states = torch.empty_like(padded)
        grad_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        losses = []
        for start in range(0, len(padded), chunk_rows):
            part = slice(start, start + chunk_rows)
            logits = padded[part] @ weight.T
            nll, grad_logits = run(_nll_and_grad, logits, targets[part], row_weights[part])
            torch.mm(grad_logits, weight, out=grad_states[part])
            if grad_weight is not None:
                grad_weight.addmm_(grad_logits.T, padded[part])
            losses.append(nll)
            del logits, grad_logits  # or the next chunk's logits would be made beside them
        nll = torch.cat(losses) if losses else row_weights
        ctx.save_for_backward(grad_states[:rows], grad_weight)
        ctx.mark_non_differentiable(nll_rows := nll[:rows].clone())
        return (nll * row_weights).sum(), nll_rows

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        grad_states, grad_weight = ctx.saved_tensors
        return grad_states * grad, None if grad_weight is None else grad_weight * grad, None, None, None


def _nll_and_grad(logits: Tensor, targets: Tensor, row_weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return each row's loss and the gradient of its weighted loss with respect to the logits."""
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    log_sum = torch.logsumexp(wide, dim=-1, keepdim=True)
    nll = (log_sum - wide.gather(-1, targets[:, None]))[:, 0]
    columns = torch.arange(logits.shape[-1], device=logits.device)
    grad = (torch.exp(wide - log_sum) - (columns == targets[:, None]).to(wide.dtype)) * row_weights[:, None]
    return nll, grad.to(logits.dtype)
