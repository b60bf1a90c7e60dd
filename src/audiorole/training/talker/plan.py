"""How a voice is fitted: every number that shapes it, in one frozen record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from audiorole.errors import ConfigError


@dataclass(frozen=True)
class VoicePlan:
    """The `[voice]` table of a recipe.

    encoders: those that the gradient passes through. judge: the encoder that chooses the step; it must be another one.
    transcriber: what hears whether the words are still there.
    steps, batch, frames: of the fit; a step hears `batch` pieces of `frames` frames of 25 ms.
    starts: stock voices that are blended. foreign: let voices of other languages be among them. biases: fit the gains
    and shifts of the decoder's adaptive norms. rank: of the updates of its convolutions, 0 for none. prosody_steps: fit
    pitch before the timbre, 0 to keep the stock voice's.
    style_rate, bias_rate, rank_rate: learning rates. spectrum: weight of the long-term spectrum. tether: weight that
    holds biases and updates near nothing.
    validate_every: steps between judgements. most_validated: lines that are judged. most_read: sentences of everyday
    words that are read beside them, for the words alone. word_slack: how far the word error rate may lie above the
    start's, in standard errors of that. patience: judgements without a better one, before the fit ends.
    """

    encoders: tuple[str, ...] = ("wespeaker-torch", "campplus")
    judge: str = "ge2e"
    transcriber: str = "whisper-base"
    steps: int = 80
    batch: int = 1
    frames: int = 64
    starts: int = 6
    foreign: bool = False
    biases: bool = True
    rank: int = 0
    prosody_steps: int = 40
    style_rate: float = 0.02
    bias_rate: float = 0.01
    rank_rate: float = 0.002
    spectrum: float = 0.3
    tether: float = 1e-4
    validate_every: int = 20
    most_validated: int = 8
    most_read: int = 8
    word_slack: float = 1.0
    patience: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.judge in self.encoders:
            raise ConfigError(f"{self.judge!r} cannot judge a fit that passes through it; name another judge.")
        if not self.encoders:
            raise ConfigError("A fit needs at least one encoder.")
        least = {"steps": 1, "batch": 1, "frames": 24, "starts": 1, "validate_every": 1, "most_validated": 2}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigError(f"{name} is {getattr(self, name)}; it is at least {bound}.")

    def digest(self) -> str:
        """Return 16 hex digits over every field."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


GPU_PLAN = VoicePlan(steps=150, batch=8, validate_every=50, most_validated=10, most_read=16)
"""What a GPU is given; a CPU takes the defaults. More steps are refused by the recogniser (docs/figures.md)."""
