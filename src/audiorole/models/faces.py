"""Faces by OpenCV: YuNet finds them, SFace tells them apart."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from audiorole.core.vectors import unit
from audiorole.models.adapter import Embedded
from audiorole.models.ports import Face, Floats, ModelCard, Pixels

SCORE = 0.6  # OpenCV Zoo's demo keeps faces over 0.9 for portraits; screen faces are smaller and turned
NMS = 0.3  # OpenCV's default for overlapping boxes
DIMENSION = 128


class YuNet(Embedded):
    """Faces with five landmarks. Source: Wu, Peng, Yu 2023, Machine Intelligence Research 20."""

    weights = ("yunet-2023mar.onnx",)

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        cv2.setNumThreads(threads)
        self._detector = cv2.FaceDetectorYN.create(str(self.weight_paths(location)[0]), "", (320, 320), SCORE, NMS)
        self.card = ModelCard("yunet", self.licence(), self.fingerprint(location), sample_rate=0)

    def faces(self, picture: Pixels) -> list[Face]:
        """Return the faces of `picture`, uint8 `(height, width, 3)` in RGB, surest first."""
        height, width = picture.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(np.ascontiguousarray(picture[..., ::-1]))
        found = [_face(row) for row in (rows if rows is not None else ())]
        return sorted(found, key=lambda face: -face.score)


class SFace(Embedded):
    """128 dimensions; OpenCV's sample takes two faces over cosine .363 for one person. Source: arXiv:2205.12010."""

    weights = ("sface-2021dec.onnx",)

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        cv2.setNumThreads(threads)
        self._recognizer = cv2.FaceRecognizerSF.create(str(self.weight_paths(location)[0]), "")
        self.card = ModelCard("sface", self.licence(), self.fingerprint(location), sample_rate=0, dimension=DIMENSION)

    def embed_faces(self, picture: Pixels, faces: Sequence[Face]) -> Floats:
        """Return float32 `(num_faces, 128)`, L2 norm 1."""
        blue_first = np.ascontiguousarray(picture[..., ::-1])
        rows = np.zeros((len(faces), DIMENSION), dtype=np.float32)
        for row, face in zip(rows, faces, strict=True):
            crop = self._recognizer.alignCrop(blue_first, _row(face))
            feature = np.asarray(self._recognizer.feature(crop), dtype=np.float32)[0]
            row[:] = unit(feature)
        return rows


def _face(row: Floats) -> Face:
    left, top, width, height = (float(value) for value in row[:4])
    return Face(left, top, width, height, float(row[14]), np.array(row[4:14], dtype=np.float32).reshape(5, 2))


def _row(face: Face) -> Floats:
    box = [face.left, face.top, face.width, face.height]
    return np.array([*box, *face.landmarks.ravel(), face.score], dtype=np.float32)
