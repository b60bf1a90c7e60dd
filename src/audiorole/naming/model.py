"""The conditional logit: scores are weighted sums of planes, a softmax turns them into probabilities.

Each plane has four weights: on cast members, on "someone else", and both again for blurred lines (short, or two
people at once), because what a voice or a context is worth depends on how much of the voice was heard.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from audiorole.errors import WeightsError
from audiorole.naming.block import Plane
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.shares import claimed_lines, strangers_shift, talk_shift
from audiorole.naming.voices.prior import known_embedders

PARTS = 4
"""Weights per plane: cast, cast on blurred lines, someone else, someone else on blurred lines."""


HAND_SET = {
    "dash.other_part": (-3.5, 0.0, 0.0, 0.0),
    "text.several": (0.0, 0.0, 6.0, 0.0),
    "text.sung": (0.0, 0.0, 6.0, 0.0),
}
"""Weights that are not fitted. Parts of one cue had different speakers in 97 % of the 204 such cues of drama_dev (all
in chen_mo_de_zhen_xiang): log-odds of -3.5. All 647 lines with a stroke between words are of several people: 6 is less
than their log-odds, and more than what any other cue weighs. Of 121 slow refrains (`pace.py`) 117 are songs: log-odds
of 3.4, and about 6 over what is believed of a line of which nothing is known."""


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

    def towards(self, other: RoundWeights, share: float) -> RoundWeights:
        """Return the weights that lie `share` of the way from these to `other`."""
        none, mixed = (0.0,) * PARTS, {}
        for name in (*self.planes, *(name for name in other.planes if name not in self.planes)):
            a, b, c, d = (
                (1 - share) * mine + share * theirs
                for mine, theirs in zip(self.planes.get(name, none), other.planes.get(name, none), strict=True)
            )
            mixed[name] = (a, b, c, d)
        return RoundWeights(mixed)

    def seeing(self, other: RoundWeights) -> RoundWeights:
        """Return the weights with those that `other` has for faces."""
        return RoundWeights({**self.planes, **{n: w for n, w in other.planes.items() if n.startswith("face.")}})


def softmax(scores: Floats) -> Floats:
    """Return row-wise probabilities, float32."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


SHORT = "/short"
SETS = ("faces", "plain", "plain/wespeaker", f"plain/wespeaker{SHORT}")
"""Kinds of series: is there a picture, or none; which embedder heard the voices, where it is one of our own (what faces
say is then taken from `faces`); and those of minutes, where they have weights of their own."""

FEW_LINES, MANY_LINES = 150, 1200
"""Lines up to which a series is named by the weights for minutes alone, and from which on by those for whole series."""


def shortness(num_lines: int) -> float:
    """Return how far a series of so many lines is one of minutes: 1 up to `FEW_LINES`, 0 from `MANY_LINES` on."""
    span = math.log(MANY_LINES / FEW_LINES)
    return min(max(math.log(MANY_LINES / max(num_lines, 1)) / span, 0.0), 1.0)


SURE_LINES, SURE_NAMES = 2000, 150
"""Lines, and lines with a given name, from which on `Weights.surer` counts in full."""


ONE_NUMBER = ("surer", "strangers", "talk")
"""The fields of `Weights` that hold one number for a set."""


@dataclass(frozen=True)
class Weights:
    """The rounds' weights for each kind of series (`SETS`); kin: how to tell lines of one speaker, in the first
    round and in all later ones, where it is used.

    surer: by how much larger the last round's scores are in a long series with many given names. Chosen by hand on even
    episodes of a series that is named whole, which is longer than any that is fitted on. strangers: the share of lines
    that are nobody's in the series that were fitted on. talk: how far the number of a person's names counts for how
    much they say; by hand (`shares.py`).
    """

    sets: Mapping[str, tuple[RoundWeights, ...]]
    kin: Mapping[str, tuple[KinWeights, ...]] = field(default_factory=dict)
    surer: Mapping[str, float] = field(default_factory=dict)
    strangers: Mapping[str, float] = field(default_factory=dict)
    talk: Mapping[str, float] = field(default_factory=dict)

    def of(self, faces: bool, embedder: str, num_lines: int) -> tuple[tuple[RoundWeights, ...], tuple[KinWeights, ...]]:
        """Return the rounds and kin of a series with or without faces, by the embedder's own where there are such.

        Weights for minutes and for whole series are mixed by how many lines there are (`shortness`). What faces say
        does not depend on who heard the voices.
        """
        key = self._key(faces, embedder)
        rounds, kin, share = self.sets[key], self.kin.get(key, ()), shortness(num_lines)
        if share > 0 and key + SHORT in self.sets:
            rounds = tuple(r.towards(s, share) for r, s in zip(rounds, self.sets[key + SHORT], strict=True))
        if faces and key != "faces":
            rounds = tuple(r.seeing(s) for r, s in zip(rounds, self.sets["faces"], strict=True))
        return rounds, kin

    def scale(self, faces: bool, embedder: str, num_lines: int, num_named: int) -> float:
        """Return what the scores of the last round are multiplied by, 1 or more. num_named: lines with a given name."""
        share = min(num_lines / SURE_LINES, 1.0) * min(num_named / SURE_NAMES, 1.0)
        return 1.0 + self.surer.get(self._key(faces, embedder), 0.0) * share

    def shift(self, faces: bool, embedder: str, belief: NDArray[np.floating], lines: SeriesLines, last: bool) -> Floats:
        """Return what a round adds to the log-odds of everybody, `(K + 1,)`, given the beliefs of the one before.

        belief: `(N, K + 1)`. last: whether the last round is to come, which alone changes the share of strangers; in a
        few minutes that share says little.
        """
        key, shift = self._key(faces, embedder), np.zeros(belief.shape[1], np.float32)
        talk, usual = self.talk.get(key), self.strangers.get(key) if last else None
        if talk is None and usual is None:
            return shift
        claimed = claimed_lines(belief, lines)
        if talk is not None:
            shift[:-1] = talk * talk_shift(claimed, lines)
        if usual is not None:
            shift[-1] = (1 - shortness(len(lines))) * strangers_shift(claimed, usual)
        return shift

    def _key(self, faces: bool, embedder: str) -> str:
        own = f"plain/{embedder}"
        return own if own in self.sets else "faces" if faces else "plain"

    def to_json(self) -> str:
        """Return the weights as JSON text, one plane a line: readable, and a diff shows what a new fit moved."""
        plain: dict[str, object] = {
            key: [{name: _short(w) for name, w in one.planes.items()} for one in rounds]
            for key, rounds in self.sets.items()
        }
        plain["kin"] = {
            key: [{name: _short(v) for name, v in one.columns().items()} for one in each]
            for key, each in self.kin.items()
        }
        plain |= {name: dict(getattr(self, name)) for name in ONE_NUMBER}
        text = json.dumps(plain, indent=1) + "\n"
        return re.sub(r"\[\s+([-\d.][^\[\]]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)

    @classmethod
    def from_json(cls, text: str) -> Weights:
        """Return the weights written by `to_json`. Raises `WeightsError` for anything else."""
        try:
            plain = json.loads(text)
            kin = {key: tuple(map(KinWeights.of, each)) for key, each in plain.pop("kin", {}).items()}
            other = [{k: float(v) for k, v in plain.pop(name, {}).items()} for name in ONE_NUMBER]
            sets = {key: tuple(_round(one) for one in plain[key]) for key in sorted(plain, key=SETS.index)}
            return cls(sets, kin, *other)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"These are not naming weights: {error!r}.") from error


def _short(values: Iterable[float]) -> list[float]:
    return [round(float(v), 4) for v in values]


def _round(planes: Mapping[str, Sequence[float]]) -> RoundWeights:
    rows = {name: (float(a), float(b), float(c), float(d)) for name, (a, b, c, d) in planes.items()}
    return RoundWeights(rows)


@cache
def shipped_weights() -> Weights:
    """Return the weights inside the package, fitted by `tools/naming/fit.py`."""
    return Weights.from_json(_shipped().decode("utf-8"))


@cache
def shipped_hash() -> str:
    """Return the SHA-256 of all that is fitted inside the package, weights and embedders: other ones, other names."""
    return hashlib.sha256(_shipped() + known_embedders()).hexdigest()


def _shipped() -> bytes:
    return (resources.files("audiorole.naming") / "weights.json").read_bytes()
