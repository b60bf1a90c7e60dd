"""What a training run is: every number that shapes it, in one frozen record."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import msgspec

from audiorole.errors import ConfigError

METHODS = ("lora", "qlora", "full")


@dataclass(frozen=True)
class FitPlan:
    """A run's configuration: the `[fit]` table of a recipe.

    method: `lora` (frozen bf16 base), `qlora` (frozen 4-bit base) or `full`. capacity: tokens a pack; packs_per_step:
    packs an optimizer step, over all processes. recomputed: layers that are computed again in the backward pass, to
    save memory.
    learning_rate: peak; it rises over `warmup` (share of the steps) and falls along a cosine to a tenth.
    text_weight, audio_weight: how much a token behind one of each modality counts in the loss. audio_hidden: share of
    the audio tokens that the network does not see while it learns, so that it goes by the words and less by the last
    sound.
    evaluate_every, save_every: in steps; 0 means only at the end. keep: checkpoints kept, the newest ones.
    """

    method: str = "lora"
    rank: int = 32
    alpha: int = 64
    dropout: float = 0.0
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    warmup: float = 0.03
    epochs: float = 3.0
    steps: int = 0
    capacity: int = 8192
    packs_per_step: int = 4
    recomputed: int = 0
    max_grad_norm: float = 1.0
    text_weight: float = 1.0
    audio_weight: float = 1.0
    audio_hidden: float = 0.0
    seed: int = 0
    evaluate_every: int = 0
    save_every: int = 0
    keep: int = 2
    report_to: str = "tensorboard"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"method {self.method!r} is not one of {', '.join(METHODS)}.")
        for name in ("capacity", "packs_per_step", "rank", "keep"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not 0 <= self.audio_hidden < 1:
            raise ConfigError(f"audio_hidden is {self.audio_hidden}; it is a share, at least 0 and below 1.")
        if self.steps < 0 or (self.steps == 0 and self.epochs <= 0):
            raise ConfigError("Set steps or epochs to a positive number.")

    def num_steps(self, packs_per_epoch: int) -> int:
        """Return the optimizer steps of the run: `steps`, or as many as `epochs` need."""
        return self.steps or max(1, math.ceil(self.epochs * packs_per_epoch / self.packs_per_step))

    def learning_rate_at(self, step: int, num_steps: int) -> float:
        """Return the learning rate of the 0-based `step`."""
        rise = max(1, round(self.warmup * num_steps))
        if step < rise:
            return self.learning_rate * (step + 1) / rise
        progress = (step - rise) / max(1, num_steps - rise)
        return self.learning_rate * (0.55 + 0.45 * math.cos(math.pi * progress))

    def digest(self) -> str:
        """Return a hash of the plan; a checkpoint resumes under the plan it was made with, no other."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()
