"""The voice model: a Gaussian per character, recalibrated on the series itself.

An embedding is a character's mean plus noise; the noise has one covariance for everybody and grows as lines get
shorter. Both are estimated from the series' own (soft) names, so any embedding of any dimension will do. The score
is a log-likelihood ratio against a voice never heard (two-covariance PLDA: Ioffe 2006; Brümmer & de Villiers 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from audiorole.core.vectors import unit
from audiorole.naming.lines import Floats
from audiorole.naming.voices.clarity import NUM_CLASSES

LENGTH_EDGES = np.array([0.8, 1.2, 2.0, 3.0], np.float32)
"""Seconds; the length buckets of the field's own scorer (DramaSR), used wherever a figure depends on length."""

NUM_BUCKETS = len(LENGTH_EDGES) + 1
WITHIN_STRENGTH = 4.0
BETWEEN_STRENGTH = 20.0
NOISE_SHARE = 0.6
"""Priors of the voice space. Chosen on drama_dev by leave-one-out accuracy with 1 % and with all names."""

MAX_DIMENSIONS = 128
"""Directions kept after whitening: beyond them between-speaker variance is below the noise of a 2 s line."""

FADE = 0.02
"""Log variance over which directions fade out around the last of them. Before much is named many are equal, and a cut
would keep some by chance: a network's last bits then changed one name in a hundred, fading out half as many."""

LEAST_WEIGHT = 0.01
"""Directions that have faded further are left out."""


def length_bucket(duration: Floats) -> NDArray[np.int64]:
    """Return the length bucket of each duration (s): 0 for under 0.8 s … 4 for 3 s and more."""
    return np.searchsorted(LENGTH_EDGES, duration, side="right")


def line_weight(duration: Floats) -> Floats:
    """Return what a line counts for when voices are averaged: its seconds, within [0.3, 3]."""
    return np.clip(duration, 0.3, 3.0)


def levelled(embedding: NDArray[np.floating], mean: Floats, clear: Floats | None = None) -> Floats:
    """Return unit rows less `mean` over their clarity: voices of one size, with noise that grows as clarity falls."""
    voiced = np.any(embedding != 0, axis=1, keepdims=True)
    size = np.ones(len(embedding), np.float32) if clear is None else clear
    return np.asarray((unit(embedding) - mean) * voiced / size[:, None], np.float32)


@dataclass(frozen=True)
class VoiceSpace:
    """The directions in which voices differ: `(x / |x| - mean) / clarity @ projection` has unit noise on average.

    between: `(d,)` variance of character means per direction. noise: `(NUM_CLASSES,)` variance by class of clarity.
    weight: `(d,)` in (0, 1], how far each direction counts; the projection has its root in it.
    """

    mean: Floats
    projection: Floats
    between: Floats
    noise: Floats
    weight: Floats

    def project(self, embedding: NDArray[np.floating], clear: Floats | None = None) -> Floats:
        """Return `(n, d)` float32; rows without a voice become zero (no evidence for anybody).

        clear: `(n,)` clarity of the rows. Without it only the rows' directions mean something.
        """
        return np.asarray(levelled(embedding, self.mean, clear) @ self.projection, np.float32)


@dataclass
class VoiceMoments:
    """Sums that define the voices: gathered block by block, so that a million lines need no more memory than one."""

    mass: NDArray[np.float64]
    total: NDArray[np.float64]
    scatter: NDArray[np.float64]
    count: float = 0.0

    @classmethod
    def empty(cls, num_candidates: int, dimension: int) -> VoiceMoments:
        """Return sums over no lines."""
        return cls(np.zeros(num_candidates), np.zeros((num_candidates, dimension)), np.zeros((dimension, dimension)))

    def add(self, rows: Floats, weight: Floats) -> None:
        """Add centred unit `rows` `(n, D)` with `weight` `(n, K)`: how much of each row belongs to each candidate."""
        self.mass += weight.sum(0)
        self.total += weight.T @ rows
        each = weight.sum(1)
        self.scatter += (rows * each[:, None]).T @ rows
        self.count += float(each.sum())

    def means(self) -> NDArray[np.float64]:
        """Return the candidates' means `(K, D)`; zero where a candidate has no voice yet."""
        return np.asarray(self.total / np.maximum(self.mass, 1e-9)[:, None])


def fit_space(moments: VoiceMoments, mean: Floats, total: NDArray[np.float64]) -> VoiceSpace:
    """Estimate the directions of difference from what is named so far; `total` `(D, D)` is the covariance of all lines.

    While little is named, both covariances are drawn towards round ones: the noise as if `WITHIN_STRENGTH * D` further
    seconds had been heard, the voices as if `BETWEEN_STRENGTH` further characters had.
    """
    dimension = len(mean)
    spherical = np.eye(dimension) * np.trace(total) / dimension
    means = moments.means()
    inside = moments.scatter - (means * moments.mass[:, None]).T @ means
    lost = moments.count / max(moments.count - np.count_nonzero(moments.mass), 1.0)
    strength = WITHIN_STRENGTH * dimension
    within = (inside * lost + strength * NOISE_SHARE * spherical) / (moments.count + strength)
    between = _between(means, moments.mass, within, (np.trace(total) - np.trace(within)) / np.trace(total) * spherical)
    projection, spread, weight = _diagonalise(within, between)
    columns = (projection.astype(np.float32), spread.astype(np.float32), np.ones(NUM_CLASSES, np.float32))
    return VoiceSpace(mean, *columns, weight.astype(np.float32))


def _between(
    means: NDArray[np.float64], mass: NDArray[np.float64], within: NDArray[np.float64], rest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the covariance of character means, the noise of the means taken off; `rest` stands for those unheard."""
    heard = mass > 1.0
    if heard.sum() < 2:
        return rest
    trust = mass[heard] / (mass[heard] + 2.0)
    spread = np.cov(means[heard].T, bias=True, aweights=trust) - within * np.sum(trust / mass[heard]) / trust.sum()
    # What is above the noise has no more directions than there are means around their own.
    top = [max(0, len(spread) - int(heard.sum()) + 1), len(spread) - 1]
    values, vectors = scipy.linalg.eigh(spread, subset_by_index=top)
    positive = (vectors * np.maximum(values, 0)) @ vectors.T
    return np.asarray((trust.sum() * positive + BETWEEN_STRENGTH * rest) / (trust.sum() + BETWEEN_STRENGTH))


def _diagonalise(
    within: NDArray[np.float64], between: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the projection that makes `within` the identity and `between` diagonal, largest first, that and weights.

    A direction's weight is that of its noise: the projection has the root of it.
    """
    lower = np.linalg.cholesky(within)
    half = scipy.linalg.solve_triangular(lower, between, lower=True)
    spread, turn = np.linalg.eigh(scipy.linalg.solve_triangular(lower, half.T, lower=True))
    order = np.argsort(-spread)
    spread = np.maximum(spread[order], 1e-3)
    weight = fading(spread)
    keep = order[weight > LEAST_WEIGHT]
    weight = weight[: len(keep)]
    projection = scipy.linalg.solve_triangular(lower.T, turn[:, keep], lower=False) * np.sqrt(weight)
    return projection, spread[: len(keep)], weight


def fading(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each direction counts, in (0, 1]: equal ones alike, and `MAX_DIMENSIONS` altogether at most.

    spread: `(d,)` variances, above 0.
    """
    if len(spread) <= MAX_DIMENSIONS:
        return np.ones(len(spread))
    place = np.log(spread) / FADE
    last = brentq(lambda at: expit(place - at).sum() - MAX_DIMENSIONS, place.min() - 50, place.max() + 50, xtol=1e-9)
    return np.asarray(expit(place - last))


@dataclass(frozen=True)
class Voices:
    """The candidates' voices in a space: posterior mean `(K, d)` per candidate and the mass `(K,)` behind it."""

    space: VoiceSpace
    mean: Floats
    mass: Floats

    def among(self, cast: NDArray[np.int64]) -> Voices:
        """Return the voices of some of the candidates."""
        return Voices(self.space, self.mean[cast], self.mass[cast])

    def log_ratio(self, rows: Floats, noise_class: NDArray[np.int64], own: Floats) -> Floats:
        """Return `(n, K)` log p(row | candidate) - log p(row | a voice never heard), per direction.

        rows: projected lines. noise_class: their classes of clarity. own: `(n, K)` mass that each line itself put into
        each candidate; it is taken out again, so that no line is its own evidence (leave-one-out).
        """
        out = np.zeros((len(rows), len(self.mass)), np.float32)
        for b in np.unique(noise_class):
            here = noise_class == b
            out[here] = self._class_ratio(rows[here], float(self.space.noise[b]), own[here])
        return out

    def cosine(self, rows: Floats, own: Floats) -> Floats:
        """Return `(n, K)` cosine of each row with each candidate's mean voice, the row's own share taken out."""
        total = self.mean * self.mass[:, None]
        direction = unit(rows)
        size = (rows**2).sum(1)[:, None]
        cross = rows @ total.T
        left = (total**2).sum(1) - 2 * own * cross + own**2 * size
        dot = direction @ total.T - own * np.sqrt(size)
        return np.asarray(np.where(self.mass - own < 0.2, 0.0, dot / np.sqrt(np.maximum(left, 1e-6))), np.float32)

    def plain_cosine(self, rows: Floats) -> Floats:
        """Return `(n, K)` cosine of each row with each candidate's mean voice; 0 where no voice was heard."""
        cosine = unit(rows) @ unit(self.mean).T
        return np.asarray(np.where(self.mass < 0.2, 0.0, cosine), np.float32)

    def _class_ratio(self, rows: Floats, noise: float, own: Floats) -> Floats:
        between, mass = self.space.between, np.maximum(self.mass, 1e-6)[:, None]
        left = np.clip(1 - own / mass.T, 1e-3, 1.0)
        spread = noise + between / (1 + mass * between)
        gain = mass * between / (1 + mass * between)
        centre = self.mean * gain
        precision = 1 / spread
        distance = rows**2 @ precision.T - 2 * rows @ (centre * precision).T + (centre**2 * precision).sum(1)
        unheard = (rows**2 / (noise + between)).sum(1, keepdims=True)
        scale = np.log((noise + between) / spread) @ self.space.weight
        ratio = 0.5 * (unheard - distance / left**2 + scale)
        return np.asarray(np.where(self.mass - own < 0.2, 0.0, ratio) / self.space.weight.sum() ** 0.5, np.float32)
