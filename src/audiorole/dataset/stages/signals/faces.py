"""Faces (off by default): who is on the picture at each line. Nothing is done where an episode has no picture.

Arrays, one row a face seen: `vectors` float16 `(num_faces, dimension)`, `boxes` float32 `(num_faces, 4)` (left, top,
width, height as shares of the picture), `scores` float32, `picture` int32: the picture it was seen on. `times` float32
`(num_pictures,)`: seconds in the episode. Line `lines[i]` (its number) has pictures `on[pointer[i]:pointer[i + 1]]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from audiorole.audio.pictures import Picture, Sampling, pictures
from audiorole.models import load_model
from audiorole.models.ports import Face, FaceDetector, FaceEmbedder
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Episode, Record, Utterance
from audiorole.types.ids import line_numbers


@dataclass(frozen=True)
class ReadFaces(EpisodeStage[Utterance]):
    """detector, embedder: model references; an empty detector looks at nothing (`yunet` and `sface` are there).

    side: longest side in pixels of the pictures that are looked at. reach: seconds behind a key frame up to which a
    moment is decoded exactly, 0 looks at key frames only (`audiorole.audio.pictures`). min_score: of a detection.
    min_share: least height of a face as a share of the picture's. stale: seconds for which a picture stands.
    """

    name: ClassVar[str] = "faces"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    cost: ClassVar[float] = 0.0
    bytes_per_second: ClassVar[float] = 100.0
    detector: str = ""
    embedder: str = "sface"
    side: Annotated[int, Meta(ge=32, le=8192)] = 640
    reach: float = 0.0
    min_score: float = 0.7
    min_share: float = 0.05
    stale: float = 12.0

    def models(self) -> tuple[tuple[str, str], ...]:
        """Both models, where the stage is on."""
        return (("face-detector", self.detector), ("face-embedder", self.embedder)) if self.detector else ()

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines as they are; save the faces."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        seen = _Seen()
        if self.detector and episode.has_video:
            path = context.inputs / episode.media
            for picture in pictures(path, self._moments(lines, episode), Sampling(self.side, self.reach)):
                seen.add(picture.time - episode.start_time, picture, self._faces(picture))
        for name, array in seen.arrays().items():
            context.save(name, array)
        on = [self._pictures_of(line, seen.times) for line in lines]
        context.save("on", np.array([i for each in on for i in each], np.int32))
        context.save("pointer", np.concatenate([[0], np.cumsum([len(each) for each in on])]).astype(np.int64))
        context.save("lines", line_numbers(lines))
        yield from lines

    def _moments(self, lines: Sequence[Utterance], episode: Episode) -> list[float]:
        """Return when to look, on the container's clock: at a line's bounds and its middle, once where lines touch."""
        wanted = {round(t, 1) for line in lines for t in (line.start, (line.start + line.end) / 2, line.end)}
        return [moment + episode.start_time for moment in sorted(wanted)]

    def _faces(self, picture: Picture) -> list[tuple[Face, NDArray[np.float32]]]:
        detector: FaceDetector = load_model("face-detector", self.detector)
        least = self.min_share * picture.pixels.shape[0]
        found = [f for f in detector.faces(picture.pixels) if f.score >= self.min_score and f.height >= least]
        embedder: FaceEmbedder = load_model("face-embedder", self.embedder)
        return list(zip(found, embedder.embed_faces(picture.pixels, found), strict=True)) if found else []

    def _pictures_of(self, line: Utterance, times: list[float]) -> list[int]:
        """Return the pictures within a line, and the one that stands when it begins."""
        first = int(np.searchsorted(times, line.start + 1e-6, side="right")) - 1
        last = int(np.searchsorted(times, line.end + 1e-6, side="right"))
        if first >= 0 and line.start - times[first] > self.stale:
            first += 1
        return list(range(max(first, 0), last))


class _Seen:
    """Collects what was seen on each picture."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.vectors: list[NDArray[np.float32]] = []
        self.boxes: list[tuple[float, float, float, float]] = []
        self.scores: list[float] = []
        self.picture: list[int] = []

    def add(self, time: float, picture: Picture, faces: list[tuple[Face, NDArray[np.float32]]]) -> None:
        height, width = picture.pixels.shape[:2]
        for face, vector in faces:
            self.vectors.append(vector)
            self.boxes.append((face.left / width, face.top / height, face.width / width, face.height / height))
            self.scores.append(face.score)
            self.picture.append(len(self.times))
        self.times.append(time)

    def arrays(self) -> dict[str, NDArray[Any]]:
        vectors = np.array(self.vectors, np.float16)
        return {
            "vectors": vectors if vectors.ndim == 2 else np.zeros((0, 1), np.float16),
            "boxes": np.array(self.boxes, np.float32).reshape(-1, 4),
            "scores": np.array(self.scores, np.float32),
            "picture": np.array(self.picture, np.int32),
            "times": np.array(self.times, np.float32),
        }
