"""What the stage `faces` saves, made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.types import Utterance
from audiorole.types.ids import line_numbers


def no_faces(lines: Sequence[Utterance]) -> dict[str, NDArray[Any]]:
    """Return the arrays of an episode without a picture."""
    return seen_faces(lines, [[] for _ in lines])


def seen_faces(lines: Sequence[Utterance], faces: Sequence[Sequence[NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of an episode with one picture a line; faces: per line, the vectors seen, largest first."""
    vectors = [vector for seen in faces for vector in seen]
    size = [0.4 / (1 + place) for seen in faces for place, _ in enumerate(seen)]
    boxes = np.array([(0.1, 0.1, each, each) for each in size], np.float32).reshape(-1, 4)
    return {
        "vectors": np.array(vectors, np.float16) if vectors else np.zeros((0, 1), np.float16),
        "boxes": boxes,
        "scores": np.full(len(vectors), 0.9, np.float32),
        "picture": np.array([row for row, seen in enumerate(faces) for _ in seen], np.int32),
        "on": np.arange(len(lines), dtype=np.int32),
        "pointer": np.arange(len(lines) + 1),
        "lines": line_numbers(lines),
    }
