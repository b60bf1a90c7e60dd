"""Faces of a series as the naming engine wants them: what the stage `faces` saved, in clusters over all episodes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiorole.naming import FaceColumns
from audiorole.naming.face_identity import cluster_faces
from audiorole.types import Utterance
from audiorole.types.ids import rows_of
from audiorole.types.plain import Array

ARRAYS = ("vectors", "boxes", "scores", "picture", "on", "pointer", "lines")
"""What the stage `faces` saves and this module reads."""


@dataclass(frozen=True)
class Sighting:
    """A face on one of a line's pictures: its number, score and share, and whether that was the first or the last."""

    face: int
    score: float
    share: float
    at_start: bool
    at_end: bool


@dataclass
class SeriesFaces:
    """Collects episode by episode; `finish` clusters and gives the columns."""

    vectors: list[Array] = field(default_factory=list)
    pictures: list[NDArray[np.int64]] = field(default_factory=list)
    seen: list[list[Sighting]] = field(default_factory=list)
    num_faces: int = 0
    num_pictures: int = 0

    def add(self, lines: Sequence[Utterance], arrays: Mapping[str, Array]) -> None:
        """Add the lines of one episode, in the order that the columns have."""
        by_picture: dict[int, list[int]] = {}
        for face, picture in enumerate(arrays["picture"].tolist()):
            by_picture.setdefault(picture, []).append(face)
        pointer, on = arrays["pointer"], arrays["on"]
        for row in rows_of(lines, arrays["lines"]).tolist():
            pictures = on[pointer[row] : pointer[row + 1]].tolist() if row >= 0 else []
            self.seen.append([self._sighting(f, p, pictures, arrays) for p in pictures for f in by_picture.get(p, ())])
        if len(arrays["vectors"]):
            self.vectors.append(arrays["vectors"])
            self.pictures.append(arrays["picture"].astype(np.int64) + self.num_pictures)
        self.num_faces += len(arrays["vectors"])
        self.num_pictures += int(arrays["picture"].max(initial=-1)) + 1

    def _sighting(self, face: int, picture: int, pictures: list[int], arrays: Mapping[str, Array]) -> Sighting:
        share = float(np.clip(arrays["boxes"][face, 2] * arrays["boxes"][face, 3], 0, 1))
        first, last = picture == pictures[0], picture == pictures[-1]
        return Sighting(self.num_faces + face, float(arrays["scores"][face]), share, first, last)

    def finish(self) -> FaceColumns | None:
        """Return the columns with clusters `face_01`, `face_02`, … as names, None where no face was seen."""
        if not self.vectors:
            return None
        labels = cluster_faces(np.concatenate(self.vectors), np.concatenate(self.pictures))
        rows = [_merged(entries, labels) for entries in self.seen]
        flat = [entry for row in rows for entry in row]
        width = max(2, len(str(int(labels.max()) + 1)))
        return FaceColumns(
            pointer=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
            name=np.array([cluster for cluster, _ in flat], np.int32),
            score=np.array([max(s.score for s in seen) for _, seen in flat], np.float32),
            share=np.array([_largest(seen) for _, seen in flat], np.float32),
            frames=np.array([len(seen) for _, seen in flat], np.int32),
            names=tuple(f"face_{cluster + 1:0{width}d}" for cluster in range(int(labels.max()) + 1)),
            at_start=np.array([any(s.at_start for s in seen) for _, seen in flat], bool),
            at_end=np.array([any(s.at_end for s in seen) for _, seen in flat], bool),
        )


def _merged(entries: list[Sighting], labels: NDArray[np.int64]) -> list[tuple[int, list[Sighting]]]:
    """Return one line's clusters with what was seen of them, largest first."""
    found: dict[int, list[Sighting]] = {}
    for one in entries:
        found.setdefault(int(labels[one.face]), []).append(one)
    return sorted(found.items(), key=lambda entry: (-_largest(entry[1]), entry[0]))


def _largest(seen: list[Sighting]) -> float:
    return max(one.share for one in seen)


def names_on_screen(faces: FaceColumns | None, owner: NDArray[np.int64], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return per line the faces on its pictures, with the character they belong to where that is clear."""
    if faces is None:
        return []
    called = [
        f"{own} {names[who]}" if 0 <= who < len(names) and names[who] else own
        for own, who in zip(faces.names, owner.tolist(), strict=True)
    ]
    bounds = itertools.pairwise(faces.pointer.tolist())
    return [tuple(called[i] for i in faces.name[low:high].tolist()) for low, high in bounds]
