"""Which parameters a run trains, and with which optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.optim import Optimizer

from audiorole.training.fit.kernels.nf4 import Nf4Linear
from audiorole.training.fit.optimizer import SplitAdamW
from audiorole.training.fit.packed_glm import PackedGlm
from audiorole.training.fit.packed_llama import PackedLlama
from audiorole.training.fit.plan import FitPlan

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

Network: TypeAlias = "PreTrainedModel | PeftModel"
"""A network of transformers, or the same with adapters."""

TARGETS = {
    "glm": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"),
    "llama": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
}
"""Every linear layer of the blocks, by transformers' `model_type`."""

PACKED: dict[str, type[PackedGlm]] = {"glm": PackedGlm, "llama": PackedLlama}
"""The way through packed documents, by transformers' `model_type`."""


def make_trainable(model: PreTrainedModel, plan: FitPlan, device: torch.device | str) -> Network:
    """Return `model` on `device`, ready for `plan`: itself for `full`, else in PEFT with fresh adapters.

    For `qlora` the blocks' linear layers are quantized one by one, so the dense network never is on the device whole.
    """
    torch.manual_seed(plan.seed)
    forget_path(model)
    if plan.method == "qlora":
        quantize_blocks(model, device)
    model = model.to(device)
    if plan.method == "full":
        return model.requires_grad_(True)
    shape = {"r": plan.rank, "lora_alpha": plan.alpha, "lora_dropout": plan.dropout}
    targets = list(TARGETS[model.config.model_type])
    return get_peft_model(model, LoraConfig(**shape, target_modules=targets, task_type="CAUSAL_LM"))


def forget_path(model: Network) -> None:
    """Let `model` say that it comes from the folder of that name, not where on this machine: adapters carry it on."""
    name = Path(model.config._name_or_path or "").name
    model.config._name_or_path = model.name_or_path = name  # adapters read the one, cards the other


def packed_network(model: Network, plan: FitPlan) -> PackedGlm:
    """Return the packed way through `model`, as `make_trainable` returned it."""
    base = base_of(model)
    return PACKED[base.config.model_type](base, plan.recomputed)


def quantize_blocks(model: PreTrainedModel, device: torch.device | str) -> None:
    """Replace the linear layers of `model`'s blocks by 4-bit ones on `device`."""
    for parent in list(model.model.layers.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                setattr(parent, name, Nf4Linear.of(child, device))


def base_of(model: Network) -> PreTrainedModel:
    """Return the network inside `model`, which may be a PEFT model."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def trained(model: Network) -> dict[str, nn.Parameter]:
    """Return name → parameter of everything that gets a gradient."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def make_optimizer(parameters: Mapping[str, nn.Parameter], plan: FitPlan) -> Optimizer:
    """Return AdamW: with split master weights for bfloat16 parameters, PyTorch's own for float32 ones.

    Raises `ConfigError` from the optimizer where bfloat16 and float32 parameters are mixed.
    """
    values = list(parameters.values())
    settings: dict[str, Any] = {"lr": plan.learning_rate, "betas": (0.9, 0.95), "weight_decay": plan.weight_decay}
    if any(value.dtype == torch.bfloat16 for value in values):
        return SplitAdamW(values, **settings)
    return torch.optim.AdamW(values, fused=True, **settings)


def scaled_step(optimizer: Optimizer, gradients: Sequence[Tensor], scale: Tensor) -> None:
    """Step `optimizer` with all `gradients` times `scale`, a scalar tensor."""
    if isinstance(optimizer, SplitAdamW):
        optimizer.step(grad_scale=scale)  # within the same pass over the gradients
        return
    for gradient in gradients:
        (gradient.to_local() if hasattr(gradient, "to_local") else gradient).mul_(scale)
    optimizer.step()
