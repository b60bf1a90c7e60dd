"""A block: the lines that are compared with one another (an episode), with what is believed of them so far.

A plane is a float32 array `(n, C + 1)`: one cue's evidence for every line of the block and every candidate who may be
in it (`present`); the last column is "someone else". A plane's name starts with its cue group: `voice.`, `near.`,
`cast.`, `turn.`, `face.`, `text.`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import unit
from audiorole.naming.lines import Bools, Floats, Ints, SeriesLines, Times
from audiorole.naming.voices.clarity import blur, clarity_class

Plane = tuple[str, Floats]
Planes = Iterator[Plane]


FOR_EVER = 1e6
"""Seconds after which every kernel of time is zero."""


FADE_SECONDS = 360.0
"""All kernels of time are whole powers of one that fades in so many seconds: products cost less than exponentials."""

LEAST = 1e-3
"""Columns of a plane that stay below this everywhere are taken for empty."""


def power(base: Floats, exponent: int) -> Floats:
    """Return `base ** exponent`, exponent 1 or more, by squaring, in one new array: fresh memory costs most."""
    out = base.copy()
    for bit in f"{exponent:b}"[1:]:
        out *= out
        if bit == "1":
            out *= base
    return out


def spread(kernel: Floats, plane: Floats) -> Floats:
    """Return `kernel @ plane`, candidates that nothing speaks for left at 0: most of a cast is not in an episode."""
    return spread_all(kernel, [plane])[0]


def spread_all(kernel: Floats, planes: Sequence[Floats]) -> list[Floats]:
    """Return `spread` of each plane: one product of all costs less than one of each."""
    live = [np.flatnonzero(plane.max(0, initial=0) >= LEAST) for plane in planes]
    product = kernel @ np.hstack([plane[:, some] for plane, some in zip(planes, live, strict=True)])
    out = [np.zeros((len(kernel), plane.shape[1]), np.float32) for plane in planes]
    bounds = np.cumsum([len(some) for some in live])[:-1]
    for whole, some, part in zip(out, live, np.split(product, bounds, axis=1), strict=True):
        whole[:, some] = part
    return out


ABSENT = -1
"""The column of a candidate who is not in a block."""

LEAST_PRESENCE, FEWEST = 0.05, 8
"""Share of the strongest belief about anybody without a seed in a block that puts a candidate in it, and how many
candidates stay in any case."""


def present(belief: Floats, seeds: Ints) -> NDArray[np.int64]:
    """Return the candidates who may be in a block: those with a seed in it, and those whom some line is believed to be.

    Most of a cast is not in an episode. Asked of every line, a hundred people who are not there take most of the time,
    and all of their small chances together make the names less sure than they should be. belief: `(n, K + 1)`; beliefs
    of zero leave everybody in. In a trial 0.02 to 0.44 % of a held-out drama's lines lost their speaker: people whom no
    line of the episode was believed to be.
    """
    strongest = belief[:, :-1].max(0, initial=0)
    strongest[seeds[seeds >= 0]] = np.inf
    few = np.sort(strongest)[-FEWEST] if len(strongest) > FEWEST else 0.0
    highest = strongest.max(initial=0, where=np.isfinite(strongest))
    return np.flatnonzero(strongest >= min(LEAST_PRESENCE * highest, few))


def among_present(belief: Floats, seeds: Ints) -> Floats:
    """Return the first beliefs about a block `(n, K + 1)` shared out among those who may be in it."""
    kept = np.append(present(belief, seeds), -1)
    out = np.zeros_like(belief)
    out[:, kept] = belief[:, kept] / belief[:, kept].sum(1, keepdims=True)
    return out


@dataclass(frozen=True)
class Block:
    """Lines `rows` of the series. voice: projected embeddings `(n, d)`; direction: the same, scaled to norm 1.

    cast: `(C,)` the candidates who may be in it, indices into the cast of the series.
    belief: `(n, C + 1)` probabilities of the round before, rows of zeros where nothing is believed yet.
    clarity: `(n,)` how much of a voice was heard (see `clarity.py`). blur: `(n,)` in [0, 1], how little: 1 also where
    two people talk at once. shared: the line and the one before are parts of one cue.
    """

    rows: slice
    cast: NDArray[np.int64]
    voice: Floats
    direction: Floats
    belief: Floats
    duration: Floats
    start: Times
    end: Times
    clarity: Floats
    blur: Floats
    shared: Bools
    scene: Ints | None = None

    @classmethod
    def of(
        cls, lines: SeriesLines, rows: slice, voice: Floats, belief: Floats, cast: NDArray[np.int64] | None = None
    ) -> Block:
        """Return the block of `rows`, given projected voices and beliefs `(n, K + 1)`; with everybody, or `cast`."""
        cast = np.arange(belief.shape[1] - 1) if cast is None else cast
        belief = belief[:, np.append(cast, -1)]
        duration, clear = lines.duration[rows], lines.clarity[rows]
        shared = lines.shared_cue[rows]
        scene = lines.scene[rows] if lines.scene is not None else None
        twice = shared | np.append(shared[1:], False)
        overlap = lines.overlap[rows] if lines.overlap is not None else np.zeros(len(voice), np.float32)
        little = np.maximum.reduce([blur(clear), overlap.astype(np.float32), twice.astype(np.float32)])
        times = (duration, lines.start[rows], lines.end[rows])
        return cls(rows, cast, voice, unit(voice), belief, *times, clear, little, shared, scene)

    def __len__(self) -> int:
        return len(self.voice)

    def column_of(self, candidate: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return each candidate's column: someone else's for all below 0, `ABSENT` for who is not in the block."""
        at = np.searchsorted(self.cast, candidate)
        return np.where(candidate < 0, len(self.cast), np.where(self.columns[at] == candidate, at, ABSENT))

    @property
    def columns(self) -> NDArray[np.int64]:
        """Where the block's candidates and someone else are among all, `(C + 1,)`."""
        return np.append(self.cast, -1)

    @cached_property
    def distance(self) -> Floats:
        """Seconds between the starts of every two lines, float32 `(n, n)`; for ever between lines of two scenes."""
        start = (self.start - self.start[0]).astype(np.float32)
        seconds = np.asarray(np.abs(start[:, None] - start[None, :]), np.float32)
        if self.scene is not None:
            seconds[self.scene[:, None] != self.scene[None, :]] = FOR_EVER
        return seconds

    @cached_property
    def _fading(self) -> Floats:
        faded = self.distance * np.float32(-1 / FADE_SECONDS)
        return np.asarray(np.exp(faded, out=faded), np.float32)

    @cached_property
    def _faded(self) -> dict[int, Floats]:
        return {}

    def fading(self, seconds: float) -> Floats:
        """Return e^(-distance / seconds) of every two lines `(n, n)`, read only; `seconds` divides `FADE_SECONDS`."""
        exponent = round(FADE_SECONDS / seconds)
        if exponent not in self._faded:
            self._faded[exponent] = power(self._fading, exponent)
        return self._faded[exponent]

    def around(self, seconds: float) -> Floats:
        """Return `fading` of every two different lines: 0 for a line and itself."""
        kernel = self.fading(seconds).copy()
        np.fill_diagonal(kernel, 0.0)
        return kernel

    @cached_property
    def alike(self) -> Floats:
        """Cosine of every two lines' voices `(n, n)`."""
        return self.direction @ self.direction.T

    @property
    def noise_class(self) -> NDArray[np.int64]:
        """Class of clarity of each line: lines of one class share one variance of noise."""
        return clarity_class(self.clarity)

    def zeros(self) -> Floats:
        """Return a plane of no evidence."""
        return np.zeros_like(self.belief)

    def neighbour(self, offset: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return index and existence of the line `offset` places away (-1: the line before)."""
        at = np.arange(len(self)) + offset
        inside = (at >= 0) & (at < len(self))
        return np.clip(at, 0, len(self) - 1), inside
