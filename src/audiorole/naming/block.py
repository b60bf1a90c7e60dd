"""A block: the lines that are compared with one another (an episode), with what is believed of them so far.

A plane is a float32 array `(n, K + 1)`: one cue's evidence for every line of the block and every candidate; the last
column is "someone else". A plane's name starts with its cue group: `voice.`, `near.`, `cast.`, `turn.`, `face.`,
`text.`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.lines import Floats, SeriesLines, Times
from audiorole.naming.voices import length_bucket, unit

Plane = tuple[str, Floats]
Planes = Iterator[Plane]


@dataclass(frozen=True)
class Block:
    """Lines `rows` of the series. voice: projected embeddings `(n, d)`; direction: the same, scaled to norm 1.

    belief: `(n, K + 1)` probabilities of the round before, rows of zeros where nothing is believed yet.
    """

    rows: slice
    voice: Floats
    direction: Floats
    belief: Floats
    duration: Floats
    start: Times
    end: Times

    @classmethod
    def of(cls, lines: SeriesLines, rows: slice, voice: Floats, belief: Floats) -> Block:
        """Return the block of `rows`, given their projected voices and beliefs."""
        duration = lines.duration[rows]
        return cls(rows, voice, unit(voice), belief, duration, lines.start[rows], lines.end[rows])

    def __len__(self) -> int:
        return len(self.voice)

    @property
    def bucket(self) -> NDArray[np.int64]:
        """Length bucket of each line."""
        return length_bucket(self.duration)

    def zeros(self) -> Floats:
        """Return a plane of no evidence."""
        return np.zeros_like(self.belief)

    def neighbour(self, offset: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return index and existence of the line `offset` places away (-1: the line before)."""
        at = np.arange(len(self)) + offset
        inside = (at >= 0) & (at < len(self))
        return np.clip(at, 0, len(self) - 1), inside
