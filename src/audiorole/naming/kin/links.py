"""Which lines a line is read with, and what links the two: closeness, voices, faces, turns.

Nothing here knows of names: a link says the same whoever the candidates are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audiorole.naming.block import Block
from audiorole.naming.cues.context import asks
from audiorole.naming.lines import Bools, FaceColumns, Floats, SeriesLines

REACH = 10
"""Lines before and after that a line is read with."""

TWINS, LEAST_ALIKE = 12, 0.1
"""Further lines of the block that sound most like it, and the whitened cosine from which they count."""

NUM_FEATURES = 22
NUM_PAIR_FEATURES = 7


@dataclass(frozen=True)
class Links:
    """index: int64 `(n, E)`, the lines of the block that each line is read with, E = 2 REACH + TWINS.

    feature: float32 `(n, E, NUM_FEATURES)`, what links the two; the last is 1, and all are 0 where there is no line.
    """

    index: NDArray[np.int64]
    feature: Floats

    @classmethod
    def of(cls, block: Block, lines: SeriesLines, change: Floats | None) -> Links:
        """Return the links of a block. change: `(n,)` what words say about a change of speaker before each line."""
        index, present = _partners(block)
        me = np.arange(len(block))[:, None]
        columns = [
            *_voices(block, me, index),
            *_places(block, me, index),
            *_turns(block, lines, change, me, index),
            *_faces(lines.faces, block.rows, me, index),
            np.ones(index.shape),
        ]
        feature = np.stack(columns, axis=2).astype(np.float32)
        return cls(index, feature * present[..., None])


def pair_features(block: Block) -> list[Floats]:
    """Return what is known of any two lines of the block, `NUM_PAIR_FEATURES` times `(n, n)`: voices and time."""
    clear, alike = block.clarity, block.alike
    both = clear[:, None] * clear[None, :]
    either = clear[:, None] + clear[None, :]
    times = (block.fading(20.0), block.fading(90.0))
    return [alike, 4 * alike * both, np.sqrt(both), either, *times, np.ones_like(alike)]


def _partners(block: Block) -> tuple[NDArray[np.int64], Bools]:
    """Return the lines around and the lines that sound alike, and which of these places are filled."""
    n = len(block)
    me = np.arange(n)[:, None]
    around = me + np.array([o for o in range(-REACH, REACH + 1) if o])
    inside = (around >= 0) & (around < n)
    alike = block.alike.copy()
    alike[me, np.clip(np.hstack([around, me]), 0, n - 1)] = -2.0
    count = min(TWINS, n)
    twins = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(alike, twins, 1) > LEAST_ALIKE
    missing = ((0, 0), (0, TWINS - count))
    index = np.hstack([np.clip(around, 0, n - 1), np.pad(twins, missing)])
    return index, np.hstack([inside, np.pad(near, missing)])


def _voices(block: Block, me: NDArray[np.int64], index: NDArray[np.int64]) -> list[Floats]:
    cosine, clear = block.alike[me, index], block.clarity
    return [cosine, 4 * cosine * clear[me] * clear[index], 2 * clear[index], 2 * clear[me] * np.ones_like(cosine)]


def _places(block: Block, me: NDArray[np.int64], index: NDArray[np.int64]) -> list[Floats]:
    """Return how far the other line is in seconds and in lines, and on which side."""
    seconds, step = block.distance[me, index], index - me
    close = [np.exp(-seconds / np.float32(time)) for time in (5.0, 20.0, 90.0)]
    steps = [(step == offset).astype(np.float32) for offset in (-2, -1, 1, 2)]
    return [*close, *steps, (np.abs(step) == 3).astype(np.float32), np.sign(step) * close[1]]


def _turns(
    block: Block, lines: SeriesLines, change: Floats | None, me: NDArray[np.int64], index: NDArray[np.int64]
) -> list[Floats]:
    """Return what lies between two neighbours: a pause, a question, words, a shared cue; 0 for lines further off."""
    first, second = np.minimum(me, index), np.maximum(me, index)
    gap = np.maximum(block.start[second] - block.end[first], 0)
    next_to = (second - first == 1).astype(np.float32)
    words = np.zeros(len(block), np.float32) if change is None else change / 2
    between = (np.exp(-gap / 0.3), np.clip(gap / 3, 0, 1), asks(lines, block.rows)[first], words[second])
    return [next_to * one for one in (*between, block.shared[second])]


def _faces(
    faces: FaceColumns | None, rows: slice, me: NDArray[np.int64], index: NDArray[np.int64]
) -> list[NDArray[np.floating]]:
    """Return how far two lines show the same faces: share of all, by size, and whether both show any."""
    if faces is None:
        return [np.zeros(index.shape)] * 3
    own = slice(int(faces.pointer[rows.start]), int(faces.pointer[rows.stop]))
    shape, pointer = (rows.stop - rows.start, len(faces.names)), faces.pointer[rows.start : rows.stop + 1] - own.start
    size = sparse.csr_matrix((np.sqrt(faces.share[own].astype(np.float32)) + 1e-3, faces.name[own], pointer), shape)
    seen = sparse.csr_matrix((np.ones(own.stop - own.start, np.float32), faces.name[own], pointer), shape)
    count = np.diff(pointer).astype(np.float32)
    both = (seen @ seen.T).toarray()[me, index]
    either = np.maximum(count[me] + count[index] - both, 1)
    length = np.sqrt(np.asarray(size.multiply(size).sum(1)).ravel()) + 1e-6
    sizes = (size @ size.T).toarray()[me, index] / (length[me] * length[index])
    return [both / either, sizes, ((count[me] > 0) & (count[index] > 0)).astype(np.float32)]
