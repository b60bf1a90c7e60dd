"""The characters' voices as one encoder hears them: centroids, scales, the impostors' tail, the cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.gallery.scale import Measured, Scale, fit_scales

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

TAIL = 0.99
"""Quantile of the impostors' similarities that a reply has to pass for `ap_pass`: one false accept in a hundred."""

COHORT_TOP = 30
"""Nearest cohort lines that normalise a score (Matejka et al. 2017 use 200–400 of thousands; a cast has hundreds)."""


@dataclass(frozen=True)
class RealLineVoice:
    """One real line as an encoder hears it. vector: float32 `(dimension,)`, L2 norm 1; seconds: of its speech."""

    line: str
    character: str
    vector: Floats
    seconds: float


@dataclass(frozen=True)
class EncoderVoices:
    """All characters in one encoder's space. genders and impostors by role.

    tail: the impostors' 99th percentile per role; cohort: real lines by character, `(num_lines, dimension)` each.
    """

    centroids: Mapping[str, Doubles]
    scales: Mapping[str, Scale]
    tail: Mapping[str, float]
    cohort: Mapping[str, Doubles]
    real: Mapping[str, Measured] = field(default_factory=dict)
    impostors: Mapping[str, Measured] = field(default_factory=dict)

    def similarity(self, character: str, vector: Floats) -> float:
        """Return the cosine of a voice to the character's centroid."""
        return float(self.centroids[character] @ vector.astype(np.float64))

    def nearest(self, vector: Floats) -> str:
        """Return the character whose centroid is nearest."""
        names = list(self.centroids)
        return names[int(np.argmax([self.similarity(name, vector) for name in names]))]

    def asnorm(self, character: str, vector: Floats) -> float:
        """Return the symmetric AS-norm score against everybody else's lines (Matejka et al. 2017, eq. 5)."""
        others = np.concatenate([lines for name, lines in self.cohort.items() if name != character])
        score = self.similarity(character, vector)
        to_voice, to_centroid = others @ vector.astype(np.float64), others @ self.centroids[character]
        return 0.5 * (_z(score, to_voice) + _z(score, to_centroid))


def _z(score: float, cohort: Doubles) -> float:
    top = np.sort(cohort)[-COHORT_TOP:]
    return float((score - top.mean()) / max(float(top.std()), 1e-6))


def centroid(vectors: Sequence[Floats]) -> Doubles:
    """Return the normalised mean of voices; zero vectors (too short a line) do not count.

    float64, like every product with it: the last bits of a float32 one depend on where the vectors lie in memory.
    """
    total = np.sum(np.asarray(vectors, dtype=np.float64), axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12))


def build_space(
    enrolment: Mapping[str, Sequence[RealLineVoice]],
    real: Mapping[str, Sequence[RealLineVoice]],
    impostors: Mapping[str, Sequence[str]],
) -> EncoderVoices:
    """Return the space of one encoder.

    enrolment: lines outside the test episodes; real: lines of the test episodes; impostors: role → characters whose
    real lines are its floor.
    """
    centroids = {name: centroid([voice.vector for voice in voices]) for name, voices in enrolment.items()}
    real_values = {role: _measure(centroids[role], real.get(role, ())) for role in impostors}
    floor_values = {
        role: _measure(centroids[role], [voice for name in names for voice in (*real.get(name, ()), *enrolment[name])])
        for role, names in impostors.items()
    }
    return EncoderVoices(
        centroids=centroids,
        scales=fit_scales(real_values, floor_values),
        tail={role: float(np.quantile(one.values, TAIL)) for role, one in floor_values.items() if len(one.values)},
        cohort={
            name: np.stack([voice.vector for voice in voices]).astype(np.float64) for name, voices in enrolment.items()
        },
        real=real_values,
        impostors=floor_values,
    )


def _measure(target: Doubles, voices: Sequence[RealLineVoice]) -> Measured:
    return Measured.of(
        [(float(target @ voice.vector.astype(np.float64)), voice.seconds) for voice in voices if voice.vector.any()]
    )
