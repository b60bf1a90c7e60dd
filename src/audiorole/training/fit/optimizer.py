"""AdamW for networks held in bfloat16, with exact float32 master weights in two extra bytes a weight.

A bfloat16 weight is the upper half of a float32. The lower half, kept beside it as a signed 16-bit remainder, makes the
master weight exact, where a copy in float32 would cost four bytes. The moments are bfloat16: with β₂ = 0.95 an update
of the second moment is 5 % and survives rounding; with 0.999 it would not, so larger β₂ are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from audiorole.errors import ConfigError
from audiorole.training.fit.kernels.compiled import run

LARGEST_BETA2 = 0.98
"""bfloat16 has 8 significant bits: relative updates under 2⁻⁸ (β₂ > 0.996) are lost; 0.98 leaves a factor of five."""


class SplitAdamW(Optimizer):
    """AdamW (Loshchilov & Hutter 2019) over bfloat16 parameters; state: remainder int16, two moments bfloat16."""

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not 0 <= betas[1] <= LARGEST_BETA2:
            raise ConfigError(f"beta2 {betas[1]} is over {LARGEST_BETA2}: bfloat16 moments would not move.")
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "step": 0})

    def step(self, closure: Callable[[], float] | None = None, grad_scale: Tensor | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient; gradients count times `grad_scale` (a scalar tensor or None)."""
        with torch.no_grad():
            for group in self.param_groups:
                group["step"] += 1
                parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
                if parameters:
                    scalars = _scalars(group, 1.0 if grad_scale is None else grad_scale, parameters[0].device)
                    for parameter in parameters:
                        run(_adamw, *self._tensors(parameter), *scalars, dynamic=True)

    def _tensors(self, parameter: Tensor) -> list[Tensor]:
        state = self.state[parameter]
        if not state:
            if parameter.dtype != torch.bfloat16:
                raise ConfigError(f"SplitAdamW takes bfloat16 parameters, not {parameter.dtype}.")
            state["remainder"] = torch.zeros_like(parameter, dtype=torch.int16)
            state["first"], state["second"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        assert parameter.grad is not None  # step() chose those that have one
        tensors = (parameter, parameter.grad, state["remainder"], state["first"], state["second"])
        return [_local(tensor).view(-1) for tensor in tensors]


def _scalars(group: dict[str, Any], grad_scale: Tensor | float, device: torch.device | str) -> list[Tensor]:
    """Return this step's scalars as tensors on the device: as Python numbers, each would compile a new kernel."""
    (beta1, beta2), step, lr = group["betas"], group["step"], group["lr"]
    values = (
        beta1,
        beta2,
        lr / (1 - beta1**step),
        1 / (1 - beta2**step),
        group["eps"],
        1 - lr * group["weight_decay"],
        grad_scale,
    )
    return [torch.as_tensor(value, dtype=torch.float32, device=device) for value in values]


def _adamw(
    weight: Tensor,
    grad: Tensor,
    remainder: Tensor,
    first: Tensor,
    second: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    step_size: Tensor,
    correction: Tensor,
    eps: Tensor,
    keep: Tensor,
    scale: Tensor,
) -> None:
    wide = grad.float() * scale
    mean = first.float() * beta1 + wide * (1 - beta1)
    square = second.float() * beta2 + wide * wide * (1 - beta2)
    master = _join(weight, remainder) * keep - step_size * mean / ((square * correction).sqrt() + eps)
    upper, lower = _split(master)
    weight.copy_(upper)
    remainder.copy_(lower)
    first.copy_(mean)
    second.copy_(square)


def _join(weight: Tensor, remainder: Tensor) -> Tensor:
    """Return the float32 master weights of bfloat16 weights and their int16 remainders."""
    return ((weight.view(torch.int16).int() << 16) + remainder.int()).view(torch.float32)


def _split(master: Tensor) -> tuple[Tensor, Tensor]:
    """Return master weights rounded to bfloat16, and the remainders that make them exact again."""
    bits = master.view(torch.int32)
    upper = (bits + 0x8000) >> 16
    return upper.to(torch.int16).view(torch.bfloat16), (bits - (upper << 16)).to(torch.int16)


def _local(tensor: Tensor) -> Tensor:
    """Return this process's part of a sharded tensor (FSDP2's DTensor), or the tensor itself."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor
