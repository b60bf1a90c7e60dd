"""A block: the lines that are compared with one another (an episode), with what is believed of them so far.

A plane is a float32 array `(n, K + 1)`: one cue's evidence for every line of the block and every candidate; the last
column is "someone else". A plane's name starts with its cue group: `voice.`, `near.`, `cast.`, `turn.`, `face.`,
`text.`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import unit
from audiorole.naming.clarity import blur, clarity_class
from audiorole.naming.lines import Bools, Floats, Ints, SeriesLines, Times

Plane = tuple[str, Floats]
Planes = Iterator[Plane]


FOR_EVER = 1e6
"""Seconds after which every kernel of time is zero."""


FADE_SECONDS = 360.0
"""All kernels of time are whole powers of one that fades in so many seconds: products cost less than exponentials."""

LEAST = 1e-3
"""Columns of a plane that stay below this everywhere are taken for empty."""


def power(base: Floats, exponent: int) -> Floats:
    """Return `base ** exponent`, exponent 1 or more, by squaring."""
    out, square = None, base
    while exponent:
        if exponent & 1:
            out = square if out is None else out * square
        exponent >>= 1
        square = square * square if exponent else square
    assert out is not None
    return out.copy() if out is base else out


def spread(kernel: Floats, plane: Floats) -> Floats:
    """Return `kernel @ plane`, candidates that nothing speaks for left at 0: most of a cast is not in an episode."""
    live = np.flatnonzero(plane.max(0, initial=0) >= LEAST)
    out = np.zeros((len(kernel), plane.shape[1]), np.float32)
    out[:, live] = kernel @ plane[:, live]
    return out


@dataclass(frozen=True)
class Block:
    """Lines `rows` of the series. voice: projected embeddings `(n, d)`; direction: the same, scaled to norm 1.

    belief: `(n, K + 1)` probabilities of the round before, rows of zeros where nothing is believed yet.
    clarity: `(n,)` how much of a voice was heard (see `clarity.py`). blur: `(n,)` in [0, 1], how little: 1 also where
    two people talk at once. shared: the line and the one before are parts of one cue.
    """

    rows: slice
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
    def of(cls, lines: SeriesLines, rows: slice, voice: Floats, belief: Floats) -> Block:
        """Return the block of `rows`, given their projected voices and beliefs."""
        duration, clear = lines.duration[rows], lines.clarity[rows]
        shared = lines.shared_cue[rows]
        scene = lines.scene[rows] if lines.scene is not None else None
        twice = shared | np.append(shared[1:], False)
        overlap = lines.overlap[rows] if lines.overlap is not None else np.zeros(len(voice), np.float32)
        little = np.maximum.reduce([blur(clear), overlap.astype(np.float32), twice.astype(np.float32)])
        return cls(
            rows, voice, unit(voice), belief, duration, lines.start[rows], lines.end[rows], clear, little, shared, scene
        )

    def __len__(self) -> int:
        return len(self.voice)

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
        return np.asarray(np.exp(self.distance * np.float32(-1 / FADE_SECONDS)), np.float32)

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
