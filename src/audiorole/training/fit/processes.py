"""Several GPUs: adapters are copied to all and their gradients summed; whole networks are sharded with FSDP2."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.distributed as dist
from accelerate import PartialState
from torch import Tensor
from torch.distributed.fsdp import fully_shard

from audiorole.training.fit.packed_glm import PackedGlm


class Processes:
    """The processes of a run, as `torchrun` or `accelerate launch` started them; one alone without either."""

    def __init__(self, device: str | None = None) -> None:
        state = PartialState(cpu=device == "cpu")
        self.device: torch.device = state.device
        self.count, self.rank = int(state.num_processes), int(state.process_index)

    @property
    def first(self) -> bool:
        """True in the process that writes."""
        return self.rank == 0

    def wait(self) -> None:
        """Return when all processes are here."""
        if self.count > 1:
            dist.barrier()

    def sum_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace each gradient by its sum over the processes, in one exchange."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if self.count > 1 and gradients:
            flat = torch.cat([gradient.view(-1) for gradient in gradients])
            dist.all_reduce(flat)
            for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
                gradient.copy_(part.view_as(gradient))

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of `values` `(…)` over the processes, in the same shape."""
        if self.count > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values


def shard(packed: PackedGlm) -> PackedGlm:
    """Shard the parameters of `packed` over all processes, a layer at a time. Gradients are means over them."""
    for layer in packed.layers:
        fully_shard(layer)
    fully_shard(packed, reshard_after_forward=False)
    return packed
