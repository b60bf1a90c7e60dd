"""Sizes of the codec, and how it learns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from audiorole.errors import ConfigError
from audiorole.types.plain import JsonObject
from audiorole.types.record import Record

CODES_PER_SECOND = 50
FRAMES_PER_SECOND = 100
"""Mel frames; two for each code."""


class CodecConfig(Record, frozen=True):
    """Sizes of a codec; written beside its weights.

    sample_rate: Hz of what it speaks. levels: of each dimension of the quantizer; their product is the number of codes.
    ear_*: the encoder, which is Whisper's; ear_layers: how many of its ear_depth layers hear, the others are for the
    listener while it learns. width, blocks: of the part that makes mel out of codes, blocks at the codes' rate and then
    at the mel's. voice_*: of the vocoder. characters: letters that the listener reads off the codes. speakers: names in
    the table of voices; place 0 is everyone else.
    """

    sample_rate: int = 12_000
    levels: tuple[int, ...] = (7, 5, 5, 5, 5)
    ear_width: int = 512
    ear_heads: int = 8
    ear_ffn: int = 2048
    ear_layers: int = 4
    ear_depth: int = 6
    ear_bands: int = 80
    width: int = 384
    blocks: tuple[int, int] = (6, 2)
    bands: int = 80
    voice_width: int = 384
    voice_blocks: int = 8
    characters: str = ""
    speakers: tuple[str, ...] = ()

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return math.prod(self.levels)

    @property
    def hop(self) -> int:
        """Samples a mel frame."""
        return self.sample_rate // FRAMES_PER_SECOND

    @property
    def samples_per_code(self) -> int:
        """Samples a code, at `sample_rate`."""
        return self.sample_rate // CODES_PER_SECOND

    def __post_init__(self) -> None:
        if self.sample_rate % FRAMES_PER_SECOND or self.sample_rate < 8000:
            raise ConfigError(f"sample_rate {self.sample_rate} must be a multiple of 100 and at least 8000.")
        if not 1 < self.codes <= 65_536:
            raise ConfigError(f"levels {self.levels} make {self.codes} codes; 2 to 65,536 are possible.")


SIZES: dict[str, JsonObject] = {
    "base": {},
    "tiny": {
        "ear_width": 32,
        "ear_heads": 4,
        "ear_ffn": 48,
        "ear_layers": 1,
        "ear_depth": 2,
        "ear_bands": 20,
        "width": 32,
        "blocks": (1, 1),
        "bands": 40,
        "voice_width": 32,
        "voice_blocks": 2,
    },
}
"""What `CodecPlan.size` stands for. `base` has Whisper-base's encoder, `tiny` is for tests."""


@dataclass(frozen=True)
class CodecPlan:
    """How the codec learns: the `[codec]` table of a recipe.

    size: `base` or `tiny`. ears: the weight that the ears begin with, "" for random ones. begin: folder of a codec to
    begin with instead; joint_from can then be 0. sample_rate, levels: of the
    codec (`CodecConfig`). rows, window_codes: lines in a step, and how much of each; crop_frames: how many mel frames
    of each the vocoder speaks and the judges hear. ear_rate: the ears' learning rate as a share of the others'.
    joint_from: share of the steps after which the vocoder speaks predicted mel in `joint_share` of the rows, so that
    all parts learn together; before, it speaks true mel alone. reading_weight: of the letters' loss; recall_weight: of
    what Whisper's states, guessed from the codes, miss of the true ones; sense_weight: of what they miss in the speech
    that was made. judged: share of the rows that the judges hear. perturb: speeds at which every line is
    heard as well, as other voices. save_every: in steps; 0 means only at the end.
    """

    size: str = "base"
    ears: str = "whisper-base"
    begin: str = ""
    sample_rate: int = 12_000
    levels: tuple[int, ...] = (7, 5, 5, 5, 5)
    steps: int = 8000
    rows: int = 48
    window_codes: int = 240
    crop_frames: int = 80
    learning_rate: float = 5e-4
    ear_rate: float = 0.2
    joint_from: float = 0.35
    joint_share: float = 0.75
    reading_weight: float = 1.0
    recall_weight: float = 5.0
    sense_weight: float = 20.0
    judged: float = 0.5
    perturb: tuple[float, ...] = (0.9, 1.1)
    seed: int = 0
    save_every: int = 1000

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ConfigError(f"[codec] size {self.size!r} is not one of {', '.join(SIZES)}.")
        if self.steps < 1 or self.rows < 1 or not 16 <= self.crop_frames <= 2 * self.window_codes <= 3000:
            raise ConfigError("[codec] steps and rows must be positive, 16 ≤ crop_frames ≤ 2 · window_codes ≤ 3000.")
        if not 0 < self.judged <= 1:
            raise ConfigError(f"[codec] judged is {self.judged}; it is a share, above 0 and at most 1.")

    def config(self, characters: str, speakers: Sequence[str]) -> CodecConfig:
        """Return the sizes of a codec that reads these letters and speaks in these voices."""
        sizes = SIZES[self.size]
        return CodecConfig(
            sample_rate=self.sample_rate, levels=self.levels, characters=characters, speakers=tuple(speakers), **sizes
        )

    def rate_at(self, step: int) -> float:
        """Return the learning rate of the 0-based `step`: a short rise, then a cosine to nearly nothing."""
        rise = min(200, max(1, self.steps // 10))
        if step < rise:
            return self.learning_rate * (step + 1) / rise
        progress = (step - rise) / max(1, self.steps - rise)
        return self.learning_rate * (0.51 + 0.49 * math.cos(math.pi * progress))
