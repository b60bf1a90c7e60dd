"""A candidate's voices in single episodes: those in which they speak most, gathered episode by episode."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.lines import Floats

PROTOTYPES = 12
"""Episodes kept per candidate as separate voices: an age, a disguise, a telephone."""

LEAST_MASS = 2.0
"""Seconds of voice from which an episode counts."""

PENDING = 64
"""Episodes that wait to be compared: memory stays that of so many, however long the series is."""


@dataclass(frozen=True)
class Prototypes:
    """Voices in single episodes: direction `(K, PROTOTYPES, d)`, norm 1 or 0; block `(K, PROTOTYPES)`."""

    direction: Floats
    block: NDArray[np.int64]

    def among(self, cast: NDArray[np.int64]) -> Prototypes:
        """Return the voices of some of the candidates."""
        return Prototypes(self.direction[cast], self.block[cast])

    def best(self, direction: Floats, block: int) -> Floats:
        """Return `(n, K)` cosine with the most similar voice that each candidate had in another block; 0 for none."""
        k, p, d = self.direction.shape
        away = self.direction * (self.block != block)[..., None]
        found = (direction @ away.reshape(-1, d).T).reshape(len(direction), k, p)
        found[:, ~np.any(away, axis=2)] = -1.0
        best = found.max(2)
        return np.asarray(np.where(best <= -1.0, 0.0, best), np.float32)


@dataclass
class PrototypeSums:
    """Keeps the blocks in which each candidate speaks most; of two with equal mass, the earlier one.

    totals: `(K, d)` summed voices, masses: `(K,)` seconds, numbers: `(K,)` the block, one entry for each that is kept.
    """

    totals: list[Floats] = field(default_factory=list)
    masses: list[Floats] = field(default_factory=list)
    numbers: list[NDArray[np.int64]] = field(default_factory=list)
    count: int = 0

    def add(self, total: Floats, mass: Floats) -> None:
        """Add the next block: `(K, d)` and `(K,)`."""
        self.totals.append(total)
        self.masses.append(mass)
        self.numbers.append(np.full(len(mass), self.count, np.int64))
        self.count += 1
        if len(self.totals) >= PROTOTYPES + PENDING:
            total, mass, number = self._most()
            self.totals, self.masses, self.numbers = list(total), list(mass), list(number)

    def _most(self) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Return total `(P, K, d)`, mass and number `(P, K)` of the blocks with most mass, most first."""
        mass, number = np.stack(self.masses), np.stack(self.numbers)
        order = np.argsort(-mass, axis=0, kind="stable")[:PROTOTYPES]
        picked = [np.stack([self.totals[at][k] for k, at in enumerate(row)]) for row in order.tolist()]
        return np.stack(picked), np.take_along_axis(mass, order, 0), np.take_along_axis(number, order, 0)

    def finish(self) -> Prototypes:
        """Return the directions of the voices that are kept."""
        total, mass, number = self._most()
        picked, enough = np.ascontiguousarray(total.transpose(1, 0, 2)), mass.T >= LEAST_MASS
        size = np.linalg.norm(picked, axis=2, keepdims=True)
        direction = np.asarray(picked / np.maximum(size, 1e-9) * enough[..., None], np.float32)
        return Prototypes(direction, np.ascontiguousarray(number.T))
