"""The conditional logit: scores are weighted sums of planes, a softmax turns them into probabilities.

Each plane has four weights: on cast members, on "someone else", and both again for blurred lines (short, or two
people at once), because what a voice or a context is worth depends on how much of the voice was heard.
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
"""Weights per plane: cast, cast on blurred lines, someone else, someone else on blurred lines."""


HAND_SET = {"dash.other_part": (-3.5, 0.0, 0.0, 0.0)}
"""Weights that are not fitted. Parts of one cue had different speakers in 97 % of the 204 such cues of drama_dev (all
in chen_mo_de_zhen_xiang): log-odds of -3.5."""


@dataclass(frozen=True)
class RoundWeights:
    """One round's weights by plane: four numbers each (see `PARTS`); `bias` is the plane that is 1 everywhere."""

    planes: Mapping[str, tuple[float, float, float, float]]

    def contributions(self, planes: Iterable[Plane], blur: Floats) -> Iterable[Plane]:
        """Yield every weighted plane under its name: what the ledger adds up by group."""
        for name, plane in planes:
            weight = HAND_SET.get(name) or self.planes.get(name)
            if weight is None:
                continue
            part = plane * (weight[0] + weight[1] * blur)[:, None]
            part[:, -1] = plane[:, -1] * (weight[2] + weight[3] * blur)
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
