"""Perplexity of held-out replies: text and audio apart, character by character."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch

from audiorole.training.fit.packed_glm import Batch, Losses
from audiorole.training.tokens.packing import IGNORED, Pack


@dataclass
class LossSum:
    """Summed negative log-likelihood (nats) and tokens of one modality."""

    nll: float = 0.0
    tokens: int = 0

    @property
    def perplexity(self) -> float:
        """exp(mean nll); NaN without tokens."""
        return math.exp(self.nll / self.tokens) if self.tokens else math.nan


Tallies = dict[tuple[str, str], LossSum]


def measure_perplexity(
    forward: Callable[[Batch], Losses], packs: Iterable[Pack], device: torch.device | str, first_audio: int
) -> Tallies:
    """Return a tally for each (character, `text` or `audio`), and for each modality over all, under the name ""."""
    tallies: Tallies = defaultdict(LossSum)
    with torch.no_grad():
        for pack in packs:
            losses = forward(Batch.of(pack, device, first_audio))
            for name, modality, nll in _rows(pack, losses.nll.float().cpu().tolist(), first_audio):
                for key in ((name, modality), ("", modality)):
                    tallies[key].nll += nll
                    tallies[key].tokens += 1
    return dict(tallies)


def _rows(pack: Pack, nlls: list[float], first_audio: int) -> Iterator[tuple[str, str, float]]:
    labelled = (pack.targets != IGNORED).nonzero()[0]
    for place, nll in zip(labelled, nlls, strict=True):
        modality = "audio" if pack.targets[place] >= first_audio else "text"
        yield pack.characters[pack.document[place]], modality, nll
