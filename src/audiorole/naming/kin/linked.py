"""What lines that are probably said by the same person say of this one.

Whether two lines have one speaker can be told before anybody is named, and better from all that links them (voices, how
clear they are, seconds between, words, faces) than from voices alone; how to tell is learnt once, on the packs' truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from audiorole.naming.block import Block, Planes
from audiorole.naming.kin.links import NUM_FEATURES, REACH, Links
from audiorole.naming.lines import Floats
from audiorole.naming.voices.clarity import voice_weight

LEAST_NAME = 0.01
PRIOR = 0.5
NEXT = 3
"""Lines away up to which a change of speaker says something about who else speaks."""


@dataclass(frozen=True)
class KinWeights:
    """A network of one hidden layer over what links two lines. hidden: `(NUM_FEATURES, H)`, bias `(H,)`, out `(H,)`.

    pairs: `(NUM_PAIR_FEATURES,)`, log-odds of any two lines of an episode from voices and time alone.
    """

    hidden: Floats
    bias: Floats
    out: Floats
    offset: float
    pairs: Floats

    def columns(self) -> dict[str, NDArray[np.floating]]:
        """Return the numbers by name, each as one row; `of` reads them."""
        offset = np.array([self.offset])
        return {
            "hidden": self.hidden.ravel(),
            "bias": self.bias,
            "out": self.out,
            "offset": offset,
            "pairs": self.pairs,
        }

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[float]]) -> KinWeights:
        """Return the weights that `columns` gave."""
        names = ("hidden", "bias", "out", "pairs")
        hidden, bias, out, pairs = (np.array(columns[name], np.float32) for name in names)
        return cls(hidden.reshape(NUM_FEATURES, -1), bias, out, float(columns["offset"][0]), pairs)

    def odds(self, feature: Floats) -> Floats:
        """Return the log-odds that two lines have one speaker. feature: `(..., NUM_FEATURES)` of `Links`."""
        inside = np.maximum(feature @ self.hidden + self.bias, 0)
        return np.asarray(inside @ self.out + np.float32(self.offset), np.float32)

    def chance(self, feature: Floats) -> Floats:
        """Return the chance that two lines have one speaker."""
        return np.asarray(expit(self.odds(feature)), np.float32)

    def sign(self, links: Links) -> Floats:
        """Return twice the chance less 1: from -1, surely two speakers, to 1, surely one; 0 where there is no line."""
        return np.asarray((2 * self.chance(links.feature) - 1) * (links.feature[..., -1] > 0), np.float32)


class Kin:
    """Lines that are linked, and how surely they have one speaker or two: matrices over the block, `(n, n)` sparse.

    index: `(n, E)` of `Links`. sign: `(n, E)`, twice the chance of one speaker less 1; 0 where there is no line.
    """

    def __init__(self, block: Block, index: NDArray[np.integer], sign: NDArray[np.floating]) -> None:
        self.block = block
        self.same = _matrix(index, np.maximum(sign, 0))
        close = np.abs(index - np.arange(len(block))[:, None]) <= NEXT
        close[:, 2 * REACH :] = False
        self.other = _matrix(index, np.maximum(-sign, 0) * close)
        self.mass = np.asarray(self.same.sum(1), np.float32).reshape(-1, 1)

    def mean(self, plane: Floats) -> Floats:
        """Return the plane averaged over kin, drawn towards nothing."""
        return np.asarray(self.same @ plane / (self.mass + PRIOR), np.float32)

    def total(self, plane: Floats) -> Floats:
        """Return the plane summed over kin, as if a root of them were independent."""
        return np.asarray(self.same @ plane / np.sqrt(self.mass + 1), np.float32)

    def belief_planes(self) -> Planes:
        """Yield what is believed of kin, and of the lines around that others say."""
        belief = self.block.belief
        yield "near.kin", _log(self.mean(belief))
        yield "near.kin_mass", np.log1p(self.same @ belief).astype(np.float32)
        yield "near.strangers", np.asarray(self.other @ belief, np.float32)

    def first_planes(self, first: Floats) -> Planes:
        """Yield what the first round believed of kin. first: `(n, K + 1)`."""
        own = _log(first)
        yield "near.kin_first", self.mean(own)
        yield "near.kin_first_sum", self.total(own)

    def face_planes(self, seen: dict[str, Floats]) -> Planes:
        """Yield who is on the picture while kin are heard. seen: the planes of the lines themselves."""
        for name in ("shown", "start", "start_alone", "alone"):
            yield f"face.kin_{name}", self.mean(seen[f"face.{name}"])
        yield "face.kin_start_sum", self.total(seen["face.start_alone"])

    def voice(self) -> tuple[Floats, Floats]:
        """Return each line's voice averaged with kin, and log seconds of it."""
        weight = voice_weight(self.block.clarity)
        total, seconds = self.summed(self.block.direction * weight[:, None], weight)
        return total, np.log1p(seconds)

    def summed(self, voice: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """Return voices `(n, D)` and seconds `(n,)` with those of kin added."""
        return np.asarray(self.same @ voice + voice, np.float32), np.asarray(self.same @ weight + weight, np.float32)


def _matrix(index: NDArray[np.integer], weight: NDArray[np.floating]) -> sparse.csr_matrix:
    n, count = weight.shape
    pointer = np.arange(0, n * count + 1, count)
    return sparse.csr_matrix((weight.astype(np.float32).ravel(), index.ravel(), pointer), (n, n))


def _log(share: Floats) -> Floats:
    return np.asarray(np.log(share + LEAST_NAME) - np.log(LEAST_NAME), np.float32)
