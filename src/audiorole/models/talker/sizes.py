"""The sizes of the talker's network; those of Kokoro-82M unless said otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from audiorole.models.talker.vocabulary import MOST_SYMBOLS, NUM_SYMBOLS

SAMPLE_RATE = 24_000


@dataclass(frozen=True)
class TalkerSizes:
    """What the layers measure. style: numbers for the timbre; as many more steer the prosody.

    A frame of the pronunciation lasts `2 * samples_per_pitch` samples, 25 ms; pitch has twice as many frames.
    """

    symbols: int = NUM_SYMBOLS
    places: int = MOST_SYMBOLS + 2
    hidden: int = 512
    style: int = 128
    layers: int = 3
    text_kernel: int = 5
    longest: int = 50
    bert_embedding: int = 128
    bert_hidden: int = 768
    bert_heads: int = 12
    bert_inner: int = 2048
    bert_layers: int = 12
    wide: int = 1024
    narrow: int = 64
    generator: int = 512
    rates: tuple[int, ...] = (10, 6)
    kernels: tuple[int, ...] = (20, 12)
    block_kernels: tuple[int, ...] = (3, 7, 11)
    noise_kernels: tuple[int, ...] = (7, 11)
    fft: int = 20
    hop: int = 5
    harmonics: int = 9

    @property
    def samples_per_pitch(self) -> int:
        """Return how many samples one frame of pitch lasts."""
        return math.prod(self.rates) * self.hop
