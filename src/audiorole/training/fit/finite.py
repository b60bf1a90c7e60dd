"""A run whose numbers are lost stops: what was saved before is kept, and nothing dead is saved after it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from audiorole.errors import AudioroleError


class NotFiniteError(AudioroleError):
    """A loss, a gradient or a weight is not a number any more. what: which; checkpoint: the last good one, or None."""

    def __init__(self, what: str, step: int, checkpoint: Path | None = None) -> None:
        self.what, self.step, self.checkpoint = what, step, checkpoint
        super().__init__(what, step, checkpoint)

    def __str__(self) -> str:
        kept = f"{self.checkpoint} is kept" if self.checkpoint else "no checkpoint had been saved (see save_every)"
        return (
            f"{self.what} is not a number any more at step {self.step}: training stopped, {kept}. "
            "Lower learning_rate and train into a new folder."
        )


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Return whether every value of every tensor is a finite number; of a sharded one, this process's part."""
    local = (tensor.to_local() if hasattr(tensor, "to_local") else tensor for tensor in tensors)
    return all(bool(torch.isfinite(part).all()) for part in local if part.is_floating_point())
