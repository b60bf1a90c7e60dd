"""The speakers of an episode, whoever they are: lines joined by how probably one person says them.

One line is a noisy sample of a voice; all lines of a speaker together are a clear one. They are joined by average
linkage over the log-odds that two lines have one speaker (`linked.py`), and what is then asked of a speaker is asked of
all of their lines at once: whose voice this is elsewhere and in the seeds, who is on the picture, what was believed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from audiorole.naming.block import Block, Planes
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.kin.links import Links, pair_features
from audiorole.naming.lines import Floats, Ints
from audiorole.naming.voices.clarity import voice_weight

LEVELS = {"broad": -0.5, "narrow": 0.7}
"""Mean log-odds down to which lines are joined: most of what a person says in an episode, and what is surely one's."""

MOST_ODDS = 6.0
PRIOR = 0.3
LEAST_NAME, LEAST_BELIEF = 0.003, 0.01


@dataclass(frozen=True)
class Heard:
    """What is known of the lines of a block before names: small, because a series keeps it from the second round on.

    index: int16 `(n, E)`, the lines that each line is linked to. sign: float16 `(n, E)` of `Kin`. speaker: per level.
    """

    index: NDArray[np.int16]
    sign: NDArray[np.float16]
    speaker: tuple[Ints, ...]

    @classmethod
    def of(cls, block: Block, links: Links, weights: KinWeights) -> Heard:
        """Listen to a block."""
        sign = weights.sign(links).astype(np.float16)
        return cls(links.index.astype(np.int16), sign, joined(block, links, weights))


def joined(block: Block, links: Links, weights: KinWeights) -> tuple[Ints, ...]:
    """Return the speaker of each line `(n,)`, counted from 0, for each of `LEVELS`."""
    if len(block) < 2:
        return tuple(np.zeros(len(block), np.int32) for _ in LEVELS)
    distance = MOST_ODDS - pair_odds(block, links, weights)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    return tuple(fcluster(tree, MOST_ODDS - odds, "distance").astype(np.int32) - 1 for odds in LEVELS.values())


def pair_odds(block: Block, links: Links, weights: KinWeights) -> Floats:
    """Return the log-odds `(n, n)` that two lines have one speaker: from all that links them, where they are linked."""
    odds = np.zeros((len(block), len(block)), np.float32)
    for weight, feature in zip(weights.pairs, pair_features(block), strict=True):
        odds += weight * feature
    filled = links.feature[..., -1] > 0
    line = np.broadcast_to(np.arange(len(block))[:, None], links.index.shape)[filled]
    linked = weights.odds(links.feature[filled])
    for one, two in ((line, links.index[filled]), (links.index[filled], line)):
        odds[one, two] = linked
    return np.clip((odds + odds.T) / 2, -MOST_ODDS, MOST_ODDS)


@dataclass(frozen=True)
class Speakers:
    """The lines of a block by speaker. name: of the level. of: `(n,)` speaker of each line. each: `(S, n)` sparse."""

    name: str
    block: Block
    of: Ints
    each: sparse.csr_matrix

    @classmethod
    def all_levels(cls, block: Block, labels: tuple[Ints, ...]) -> list[Speakers]:
        """Return the speakers of every level."""
        return [cls._one(name, block, of) for name, of in zip(LEVELS, labels, strict=True)]

    @classmethod
    def _one(cls, name: str, block: Block, of: Ints) -> Speakers:
        n = len(of)
        shape = (int(of.max(initial=-1)) + 1, n)
        return cls(name, block, of, sparse.csr_matrix((np.ones(n, np.float32), (of, np.arange(n))), shape))

    @property
    def weight(self) -> Floats:
        """What each line counts for, `(n, 1)`."""
        return voice_weight(self.block.clarity)[:, None]

    def voices(self) -> tuple[Floats, Floats]:
        """Return the speakers' summed voices `(S, d)`, and log seconds of them `(S,)`."""
        seconds = np.asarray(self.each @ self.weight, np.float32).ravel()
        return np.asarray(self.each @ (self.block.direction * self.weight), np.float32), np.log1p(seconds)

    def first_planes(self, first: Floats) -> Planes:
        """Yield what the first round believed of the speaker. first: `(n, K + 1)`."""
        own = np.log(first + LEAST_NAME) - np.float32(np.log(LEAST_NAME))
        total, mass = self._back(own * self.weight), self._back(self.weight)
        yield f"near.{self.name}_first", _plane(total / (mass + PRIOR))
        yield f"near.{self.name}_first_sum", _plane(total / np.sqrt(mass + 1))

    def belief_planes(self) -> Planes:
        """Yield what is believed of the speaker's other lines."""
        own = self.block.belief * self.weight
        total, mass = self._back(own) - own, self._back(self.weight) - self.weight
        yield f"near.{self.name}", _plane(np.log(total / (mass + PRIOR) + LEAST_BELIEF) - np.log(LEAST_BELIEF))
        yield f"near.{self.name}_mass", _plane(np.log1p(np.maximum(total, 0)))

    def face_planes(self, seen: dict[str, Floats], around: Floats) -> Planes:
        """Yield who is on the picture while the speaker is heard, and how much more than around those lines.

        seen: the planes of the lines themselves.
        """
        count = np.bincount(self.of)[self.of][:, None] + 1
        for name in ("shown", "alone", "start", "start_alone"):
            yield f"face.{self.name}_{name}", _plane(self._back(seen[f"face.{name}"]) / count)
        shown = self._back(seen["face.shown"])
        yield f"face.{self.name}_lift", _plane(np.log((shown + 0.5) / (self._back(around) + 0.5)))

    def _back(self, plane: Floats) -> Floats:
        """Return the plane summed over each speaker's lines, for each line."""
        return np.asarray(self.each @ plane)[self.of]


def _plane(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, np.float32)
