"""A tiny talker of the real classes with random weights: it makes noise in tests, and in a tenth of a second."""

from __future__ import annotations

import numpy as np
import torch

from audiorole.models.ports import ModelCard
from audiorole.models.talker.kokoro import Kokoro
from audiorole.models.talker.network import TalkerNetwork
from audiorole.models.talker.sizes import SAMPLE_RATE, TalkerSizes
from audiorole.models.talker.voice import TalkerVoice

TINY = TalkerSizes(
    hidden=16, style=8, layers=1, longest=4, bert_embedding=8, bert_hidden=16, bert_heads=2, bert_inner=16,
    bert_layers=1, wide=16, narrow=4, generator=16,
)  # fmt: skip


def tiny_network(seed: int = 0) -> TalkerNetwork:
    """Return a small network with random weights, the same for the same `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TalkerNetwork(TINY).eval().requires_grad_(False)


def tiny_talker(seed: int = 0) -> Kokoro:
    """Return a `Synthesiser` at 24 kHz that needs no weights; what it says is noise of the right kind of length."""
    return Kokoro.of(tiny_network(seed), ModelCard("tiny-talker", "Apache-2.0", f"tiny-{seed}", SAMPLE_RATE))


def tiny_voice(name: str = "Ada", seed: int = 0, rows: int = 1) -> TalkerVoice:
    """Return a voice for the tiny talker."""
    style = np.random.default_rng(seed).normal(size=(rows, 2 * TINY.style))
    return TalkerVoice(name, style.astype(np.float32))
