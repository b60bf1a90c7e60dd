"""What is known of a speaker embedder before a series is heard: when are two of its voices one person's?

The series adapts its voice space to its own names; a minute of talk with one clip of two seconds for everybody teaches
nothing to adapt to. What the cosine of two voices is worth there, by how much of each was heard, is fitted once per
embedder (`tools/naming/fit_voice_prior.py`) and lies in `embedders.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from audiorole.types.plain import JsonObject

Floats = NDArray[np.float32]

NUM_TERMS = 5
MOST_RATIO = 12.0


@dataclass(frozen=True)
class VoicePrior:
    """mean: `(D,)` of the unit voices of many people, empty where nothing is known of an embedder.

    length: of an ordinary line's voice before it is scaled to 1; 0 where that is not known. trust: seconds of ordinary
    speech (`voice_weight`) at which a voice is half known. ratio: `(NUM_TERMS,)`, see `terms`.
    """

    mean: Floats
    length: float
    trust: float
    ratio: Floats

    def log_ratio(self, cosine: NDArray[np.floating], mine: Floats, theirs: Floats) -> Floats:
        """Return log p(cosine | one person) - log p(cosine | two people), within ±`MOST_RATIO`.

        cosine: `(n, K)` of centred voices; 0 where a voice was not heard. mine, theirs: seconds of ordinary speech
        behind them, broadcast against it.
        """
        ratio = np.zeros(np.broadcast_shapes(cosine.shape, mine.shape, theirs.shape), np.float32)
        for weight, term in zip(
            self.ratio, terms(cosine, reach(mine, self.trust), reach(theirs, self.trust)), strict=True
        ):
            ratio += weight * term
        heard = (cosine != 0) & (mine > 0) & (theirs > 0)
        return np.asarray(np.where(heard, np.clip(ratio, -MOST_RATIO, MOST_RATIO), 0), np.float32)

    def to_plain(self) -> JsonObject:
        """Return the numbers as `of` reads them."""
        rounded = {name: [round(float(v), 5) for v in getattr(self, name)] for name in ("mean", "ratio")}
        return {"length": round(self.length, 4), "trust": round(self.trust, 3), **rounded}

    @classmethod
    def of(cls, plain: JsonObject) -> VoicePrior:
        """Return the prior that `to_plain` wrote."""
        mean, ratio = (np.array(plain[name], np.float32) for name in ("mean", "ratio"))
        return cls(mean, float(plain["length"]), float(plain["trust"]), ratio)


def reach(seconds: Floats, trust: float) -> Floats:
    """Return how far a cosine with a voice heard for so many seconds reaches towards that with the true voice."""
    return np.asarray(np.sqrt(seconds / (seconds + np.float32(trust))), np.float32)


def terms(cosine: NDArray[np.floating], mine: Floats, theirs: Floats) -> list[Floats]:
    """Return what the log ratio is a weighted sum of, `NUM_TERMS` times `(n, K)`.

    If cosines of one person lie around r = mine * theirs (`reach` of both), and those of two people around 0, the ratio
    of the two normal densities is a sum of these terms.
    """
    both = mine * theirs
    columns = (cosine * both, cosine**2, both**2, both, np.ones((), np.float32))
    return [np.asarray(column, np.float32) for column in columns]


def known_embedders() -> bytes:
    """Return what lies in the package about embedders."""
    return (resources.files("audiorole.naming") / "embedders.json").read_bytes()


@cache
def voice_prior(embedder: str) -> VoicePrior:
    """Return what is known of an embedder, by its registered name; of any other what holds for most."""
    known = json.loads(known_embedders())
    return VoicePrior.of(known.get(embedder, known["other"]))
