"""The conditional logit: scores are weighted sums of planes, a softmax turns them into probabilities.

Each plane has four weights: on cast members, on "someone else", and both again for short lines (a ramp from 0 at 1.2 s
to 1 at 0.3 s), because what a voice or a context is worth depends on how much of the voice was heard.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np

from audiorole.errors import WeightsError
from audiorole.naming.block import Plane
from audiorole.naming.lines import Floats

PARTS = 4
"""Weights per plane: cast, cast on short lines, someone else, someone else on short lines."""


def shortness(duration: Floats) -> Floats:
    """Return 0 for lines of 1.2 s and more, 1 for 0.3 s and less, linear between."""
    return np.asarray(np.clip((1.2 - duration) / 0.9, 0.0, 1.0), np.float32)


@dataclass(frozen=True)
class RoundWeights:
    """One round's weights by plane: four numbers each (see `PARTS`); `bias` is the plane that is 1 everywhere."""

    planes: Mapping[str, tuple[float, float, float, float]]

    def score(self, planes: Iterable[Plane], duration: Floats, shape: tuple[int, int]) -> Floats:
        """Return the scores `(n, K + 1)`."""
        total = np.zeros(shape, np.float32)
        for _, part in self.contributions(planes, duration):
            total += part
        return total

    def contributions(self, planes: Iterable[Plane], duration: Floats) -> Iterable[Plane]:
        """Yield every weighted plane under its name: what the ledger adds up by group."""
        short = shortness(duration)
        for name, plane in planes:
            weight = self.planes.get(name)
            if weight is None:
                continue
            part = plane * (weight[0] + weight[1] * short)[:, None]
            part[:, -1] = plane[:, -1] * (weight[2] + weight[3] * short)
            yield name, part


def softmax(scores: Floats) -> Floats:
    """Return row-wise probabilities, float32."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


@dataclass(frozen=True)
class Weights:
    """The rounds' weights for series with a picture and for series without."""

    with_faces: tuple[RoundWeights, ...]
    without_faces: tuple[RoundWeights, ...]

    def rounds(self, faces: bool) -> tuple[RoundWeights, ...]:
        """Return the rounds for a series with or without faces."""
        return self.with_faces if faces else self.without_faces

    def to_json(self) -> str:
        """Return the weights as JSON text, one plane a line: readable, and a diff shows what a new fit moved."""
        plain = {
            key: [{name: [round(v, 5) for v in w] for name, w in one.planes.items()} for one in getattr(self, key)]
            for key in ("with_faces", "without_faces")
        }
        text = json.dumps(plain, indent=1)
        return text.replace(",\n    ", ", ").replace("[\n    ", "[").replace("\n   ]", "]") + "\n"

    @classmethod
    def from_json(cls, text: str) -> Weights:
        """Return the weights written by `to_json`. Raises `WeightsError` for anything else."""
        try:
            plain = json.loads(text)
            return cls(
                *(
                    tuple(RoundWeights({n: tuple(w) for n, w in one.items()}) for one in plain[key])
                    for key in ("with_faces", "without_faces")
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"These are not naming weights: {error!r}.") from error


def shipped_weights() -> Weights:
    """Return the weights inside the package, fitted by `benchmarks/naming_fit.py`."""
    return Weights.from_json((resources.files("audiorole.naming") / "weights.json").read_text("utf-8"))
