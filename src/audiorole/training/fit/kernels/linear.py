"""Linear layers of a frozen network with LoRA adapters, without the passes that a plain adapter adds.

Plainly, an adapter costs five more passes over every output (product, scale, sum) and another sum of gradients. Here
the thin product is written first and the large matrix product accumulates onto it, in both directions, and layers that
read the same input (q, k, v) share one thin product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from audiorole.training.fit.kernels.nf4 import Nf4Linear, dequantize

if TYPE_CHECKING:
    from peft.tuners.lora import LoraLayer


@dataclass(frozen=True)
class Adapted:
    """One frozen linear layer with its adapter. down: `(rank, inputs)`, up: `(outputs, rank)`; any float dtype.

    weight: `(outputs, inputs)`, or 4-bit codes with their scales.
    """

    weight: Tensor
    scales: Tensor | None
    bias: Tensor | None
    down: Tensor
    up: Tensor
    scale: float

    def tensors(self) -> tuple[Tensor | None, ...]:
        """Return what the fused function takes for each layer, in its order."""
        return self.weight, self.scales, self.bias, self.down, self.up


def apply_linears(states: Tensor, layers: Sequence[nn.Module]) -> list[Tensor]:
    """Return the output of each of `layers` for the same `states` `(tokens, inputs)`.

    Takes the fused way where all layers are PEFT LoRA layers it can express, else calls the layers themselves.
    """
    adapted = [read_adapter(layer) for layer in layers]
    known = [layer for layer in adapted if layer is not None]
    if len(known) < len(layers):
        return [layer(states) for layer in layers]
    tensors = [tensor for layer in known for tensor in layer.tensors()]
    return list(_AdaptedLinears.apply(states, tuple(layer.scale for layer in known), *tensors))


def read_adapter(layer: nn.Module) -> Adapted | None:
    """Return what `layer` computes if it is a PEFT LoRA layer over a frozen `nn.Linear` or `Nf4Linear`, else None.

    Dropout, DoRA, several active adapters, merged or disabled adapters and other bases are left to PEFT.
    """
    lora: LoraLayer = layer
    base: Any = getattr(lora, "base_layer", None)
    names: list[str] = getattr(lora, "active_adapters", [])
    if type(base) not in (nn.Linear, Nf4Linear) or len(names) != 1 or lora.merged or lora.disable_adapters:
        return None
    name = names[0]
    if name not in lora.lora_A or base.weight.requires_grad or name in getattr(lora, "lora_magnitude_vector", ()):
        return None
    if isinstance(lora.lora_dropout[name], nn.Dropout) and lora.lora_dropout[name].p > 0:
        return None
    down, up = lora.lora_A[name].weight, lora.lora_B[name].weight
    scales = base.scales if isinstance(base, Nf4Linear) else None
    return Adapted(base.weight, scales, base.bias, down, up, float(lora.scaling[name]))


class _AdaptedLinears(Function):
    """Inputs: states, factors, then weight, scales, bias, down, up of each layer. Outputs: one tensor a layer."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, factors: tuple[float, ...], *tensors: Tensor) -> tuple[Tensor, ...]:
        weights, scales, biases, downs, ups = (tensors[part::5] for part in range(5))
        dtype = states.dtype
        joined = torch.cat([down.to(dtype) for down in downs])
        thin = states @ joined.T
        parts = thin.split([len(down) for down in downs], dim=-1)
        scaled = [up.to(dtype) * factor for up, factor in zip(ups, factors, strict=True)]
        outputs = tuple(
            _start(part, up, bias).addmm_(states, _dense(weight, scale, states).T)
            for part, up, bias, weight, scale in zip(parts, scaled, biases, weights, scales, strict=True)
        )
        ctx.save_for_backward(states, thin, joined, *weights, *scales, *scaled)
        ctx.ranks, ctx.factors, ctx.dtypes = [len(down) for down in downs], factors, (downs[0].dtype, ups[0].dtype)
        return outputs

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        states, thin, joined, *rest = ctx.saved_tensors
        count = len(grads)
        weights, scales, ups = rest[:count], rest[count : 2 * count], rest[2 * count :]
        grad_thin = torch.cat([grad @ up for grad, up in zip(grads, ups, strict=True)], dim=-1)
        grad_states = None
        if ctx.needs_input_grad[0]:
            grad_states = grad_thin @ joined
            for grad, weight, scale in zip(grads, weights, scales, strict=True):
                grad_states.addmm_(grad, _dense(weight, scale, grad_states))
        down_dtype, up_dtype = ctx.dtypes
        grad_downs = (grad_thin.T @ states).to(down_dtype).split(ctx.ranks)
        grad_ups = [
            (grad.T @ part).to(up_dtype) * factor
            for grad, part, factor in zip(grads, thin.split(ctx.ranks, dim=-1), ctx.factors, strict=True)
        ]
        pairs = zip(grad_downs, grad_ups, strict=True)
        return grad_states, None, *(item for down, up in pairs for item in (None, None, None, down, up))


def _dense(weight: Tensor, scales: Tensor | None, states: Tensor) -> Tensor:
    """Return the weight `(outputs, inputs)`; 4-bit codes become dense for the moment of one product."""
    return weight if scales is None else dequantize(weight, scales, states.dtype).view(-1, states.shape[-1])


def _start(thin: Tensor, up: Tensor, bias: Tensor | None) -> Tensor:
    """Return what the large product accumulates onto."""
    return thin @ up.T if bias is None else torch.addmm(bias, thin, up.T)
