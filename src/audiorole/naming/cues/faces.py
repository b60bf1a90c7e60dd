"""Faces on the picture: who is seen while a line is heard, and who usually speaks when that face is seen.

A face that a gallery knows carries a cast member's name. Any other face is a cluster; what it says is learnt from the
series' own beliefs: the cluster that is on screen whenever guests talk is a guest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import ABSENT, Block, Planes, spread
from audiorole.naming.lines import Bools, FaceColumns, Floats

LINK_STRENGTH = 8.0
"""Lines of prior behind a face's link to speakers: a face seen in fewer says little."""


@dataclass(frozen=True)
class FaceEvidence:
    """Faces of a series mapped to candidates. owner: per face name, candidate index, or -1 for a cluster.

    link: `(names, K + 1)` mass of belief of each candidate while the face was seen; prior: `(K + 1,)`.
    """

    faces: FaceColumns
    owner: NDArray[np.int64]
    link: NDArray[np.float64]
    prior: NDArray[np.float64]

    @classmethod
    def gather(cls, faces: FaceColumns, owner: NDArray[np.int64], belief: NDArray[np.floating]) -> FaceEvidence:
        """Count who is believed to speak while each face is seen."""
        link = np.zeros((len(faces.names), belief.shape[1]))
        line = line_of(faces)
        for low in range(0, len(line), 65536):
            part = slice(low, low + 65536)
            np.add.at(link, faces.name[part], belief[line[part]].astype(np.float64))
        prior = (link.sum(0) + 1) / (link.sum() + link.shape[1])
        return cls(faces, owner, link, prior)


def line_of(faces: FaceColumns) -> NDArray[np.int64]:
    """Return the line index of each face entry."""
    return np.repeat(np.arange(len(faces.pointer) - 1), np.diff(faces.pointer))


def planes(block: Block, evidence: FaceEvidence, off_screen: Bools | None) -> Planes:
    """Yield the evidence of the faces at the line, at its neighbours, and of who speaks when they are seen.

    off_screen: lines whose speaker is known not to be on the picture; faces say nothing about them. A narrator, whose
    face nobody knows, is nobody of those seen, and not the less likely for it (`face.never`).
    """
    faces, rows = evidence.faces, block.rows
    count = np.diff(faces.pointer[rows.start : rows.stop + 1])
    if off_screen is not None:
        count = np.where(off_screen, 0, count)
    first = faces.pointer[rows.start : rows.stop]
    line = np.repeat(np.arange(len(block)), count)
    rank = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    entries = np.repeat(first, count) + rank
    owner = block.column_of(evidence.owner[faces.name[entries]])
    shown = _scatter(block, line, owner, np.ones(len(line), np.float32))
    yield "face.shown", shown
    yield "face.largest", _scatter(block, line[rank == 0], owner[rank == 0], np.ones((rank == 0).sum(), np.float32))
    yield "face.size", _scatter(block, line, owner, np.sqrt(faces.share[entries].astype(np.float32)))
    yield "face.relative", _scatter(block, line, owner, _relative(faces.share[entries], line, len(block)))
    yield "face.score", _scatter(block, line, owner, faces.score[entries].astype(np.float32))
    yield "face.steady", _scatter(block, line, owner, (faces.frames[entries] > 1).astype(np.float32))
    yield "face.alone", shown * (count == 1)[:, None]
    yield "face.crowd", shown * np.log1p(np.maximum(count - 1, 0)).astype(np.float32)[:, None]
    never = np.append(~np.isin(block.cast, evidence.owner), False)
    yield "face.never", np.outer(count > 0, never).astype(np.float32)
    yield "face.none", np.broadcast_to((count == 0)[:, None], shown.shape).astype(np.float32)
    yield from _moment_planes(block, faces, entries, line, owner)
    for offset, name in ((-1, "before"), (1, "after"), (-2, "before2"), (2, "after2")):
        at, inside = block.neighbour(offset)
        yield f"face.{name}", shown[at] * inside[:, None]
    yield "face.around", _around(block, shown)
    yield from _link_planes(block, evidence, entries, line, rank)


def _moment_planes(
    block: Block, faces: FaceColumns, entries: NDArray[np.int64], line: NDArray[np.int64], owner: NDArray[np.int64]
) -> Planes:
    """Yield who is on the picture as the line begins and as it ends: a cut goes from the speaker to who listens."""
    start, end = (
        np.ones(len(entries), bool) if column is None else column[entries] for column in (faces.at_start, faces.at_end)
    )
    for name, seen in (("start", start), ("end", end), ("left", start & ~end), ("came", end & ~start)):
        plane = _scatter(block, line, owner, seen.astype(np.float32))
        yield f"face.{name}", plane
        if name in ("start", "end"):
            alone = np.bincount(line[seen], minlength=len(block)) == 1
            yield f"face.{name}_alone", plane * alone[:, None]


def _scatter(block: Block, line: NDArray[np.int64], owner: NDArray[np.int64], value: Floats) -> Floats:
    """Return a plane with the largest `value` per line and candidate; clusters go to someone else.

    owner: column of each face, `ABSENT` for candidates who are not in the block.
    """
    out, here = block.zeros(), owner != ABSENT
    np.maximum.at(out, (line[here], owner[here]), value[here])
    return out


def _relative(share: NDArray[np.floating], line: NDArray[np.int64], n: int) -> Floats:
    """Return each face's area against the largest one of its line, in [0, 1]."""
    largest = np.zeros(n, np.float32)
    np.maximum.at(largest, line, share.astype(np.float32))
    return np.asarray(share / np.maximum(largest[line], 1e-6), np.float32)


def _around(block: Block, shown: Floats) -> Floats:
    """Return whether the candidate was seen in the half minute around the line, fading with distance."""
    return np.asarray(np.log1p(10 * spread(block.around(15.0), shown)), np.float32)


def _link_planes(
    block: Block,
    evidence: FaceEvidence,
    entries: NDArray[np.int64],
    line: NDArray[np.int64],
    rank: NDArray[np.int64],
) -> Planes:
    """Yield the log-odds that a candidate speaks when these faces are seen, leaving the line itself out."""
    name = evidence.faces.name[entries]
    every, own, prior = evidence.link[name], block.belief[line], evidence.prior[block.columns]
    total, rest = every.sum(1) - own.sum(1), every[:, block.columns] - own
    share = (rest + LINK_STRENGTH * prior) / (total + LINK_STRENGTH)[:, None]
    odds = np.log(share / prior).astype(np.float32)
    top, mean = block.zeros(), block.zeros()
    top[line[rank == 0]] = odds[rank == 0]
    np.add.at(mean, line, odds)
    count = np.maximum(np.bincount(line, minlength=len(block)), 1)
    yield "face.link", top
    yield "face.links", np.asarray(mean / count[:, None], np.float32)
