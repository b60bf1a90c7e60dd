"""The memory-bound parts of a layer, each as one pass forward and one backward.

A decoder layer spends a third of its time here when written plainly. Every function below is a few lines of arithmetic
with a hand-written gradient; on a GPU `torch.compile` turns each direction into a single kernel, elsewhere the same
lines run eagerly.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import silu

from audiorole.training.fit.kernels.compiled import run


def add_rms_norm(residual: Tensor, update: Tensor | None, weight: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """Return `(residual + update, its RMS norm times weight)`; update None means zero. All `(tokens, hidden)`.

    Rounds where transformers' `GlmRMSNorm` does: the normalised value becomes the input's dtype before the weight.
    """
    if update is None:
        return residual, _RmsNorm.apply(residual, weight, epsilon)
    residual, normed = _AddRmsNorm.apply(residual, update, weight, epsilon)
    return residual, normed


def swiglu(gate_up: Tensor) -> Tensor:
    """Return silu(gate) · up. gate_up: `(tokens, 2 · ffn)`, the gate first."""
    return _SwiGlu.apply(gate_up)


def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the first `2 · pairs` channels of each head by pairs of neighbours, as GLM's rotary embedding does.

    states: `(tokens, heads, head)`. cos, sin: `(tokens, pairs)`, float32.
    """
    return _Rotate.apply(states, cos, sin)


def rotate_halves(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each head by pairs of a channel and the one half a head further, as Llama's rotary embedding does.

    states: `(tokens, heads, head)`. cos, sin: `(tokens, head // 2)`, float32.
    """
    return _RotateHalves.apply(states, cos, sin)


class _RmsNorm(Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        normed, scale = run(_norm, states, weight, epsilon)
        ctx.save_for_backward(states, weight, scale)
        return normed

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
        states, weight, scale = ctx.saved_tensors
        grad_states = run(_norm_grad, torch.zeros_like(states), grad, states, weight, scale)
        return grad_states, _weight_grad(ctx.needs_input_grad[1], grad, states, scale), None


class _AddRmsNorm(Function):
    @staticmethod
    def forward(ctx: Any, residual: Tensor, update: Tensor, weight: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
        total, normed, scale = run(_add_norm, residual, update, weight, epsilon)
        ctx.save_for_backward(total, weight, scale)
        return total, normed

    @staticmethod
    def backward(ctx: Any, grad_total: Tensor, grad_normed: Tensor) -> tuple[Tensor | None, ...]:
        total, weight, scale = ctx.saved_tensors
        grad = run(_norm_grad, grad_total, grad_normed, total, weight, scale)
        return grad, grad, _weight_grad(ctx.needs_input_grad[2], grad_normed, total, scale), None


def _weight_grad(needed: bool, grad_normed: Tensor, total: Tensor, scale: Tensor) -> Tensor | None:
    return run(_norm_weight_grad, grad_normed, total, scale) if needed else None


class _SwiGlu(Function):
    @staticmethod
    def forward(ctx: Any, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        return run(_swiglu, gate_up)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (gate_up,) = ctx.saved_tensors
        return run(_swiglu_grad, grad, gate_up)


class _Rotate(Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return run(_turn, states, cos, sin)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return run(_turn_back, grad, cos, sin), None, None


class _RotateHalves(Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return run(_turn_halves, states, cos, sin)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return run(_turn_halves_back, grad, cos, sin), None, None


def _norm(total: Tensor, weight: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    wide = _wide(total)
    scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon)
    return weight * (wide * scale).to(total.dtype), scale


def _add_norm(residual: Tensor, update: Tensor, weight: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    total = residual + update
    return (total, *_norm(total, weight, epsilon))


def _norm_grad(grad_total: Tensor, grad_normed: Tensor, total: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    unit = _wide(total) * scale
    inner = _wide(grad_normed) * _wide(weight)
    through = scale * (inner - unit * (inner * unit).mean(-1, keepdim=True))
    return (through + _wide(grad_total)).to(total.dtype)


def _norm_weight_grad(grad_normed: Tensor, total: Tensor, scale: Tensor) -> Tensor:
    return (_wide(grad_normed) * (_wide(total) * scale)).sum(0).to(total.dtype)


def _swiglu(gate_up: Tensor) -> Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    return (silu(_wide(gate)) * _wide(up)).to(gate_up.dtype)


def _swiglu_grad(grad: Tensor, gate_up: Tensor) -> Tensor:
    gate, up = (_wide(part) for part in gate_up.chunk(2, dim=-1))
    sigmoid, grad = torch.sigmoid(gate), _wide(grad)
    grad_gate = grad * up * sigmoid * (1 + gate * (1 - sigmoid))
    return torch.cat((grad_gate, grad * gate * sigmoid), dim=-1).to(gate_up.dtype)


def _turn(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    turned = 2 * cos.shape[-1]
    pairs = _wide(states[..., :turned]).unflatten(-1, (-1, 2))
    first, second, cos, sin = pairs[..., 0], pairs[..., 1], cos[:, None], sin[:, None]
    turned_pairs = torch.stack((first * cos - second * sin, second * cos + first * sin), dim=-1).flatten(-2)
    return torch.cat((turned_pairs.to(states.dtype), states[..., turned:]), dim=-1)


def _turn_back(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return _turn(states, cos, -sin)


def _turn_halves(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = _wide(states).chunk(2, dim=-1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).to(states.dtype)


def _turn_halves_back(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return _turn_halves(states, cos, -sin)


def _wide(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
