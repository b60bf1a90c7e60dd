"""Vectors whose direction is what is compared: voices, faces, meanings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def unit(vectors: NDArray[np.floating]) -> Floats:
    """Return float32 vectors `(..., D)` of L2 norm 1; vectors of zeros stay zero."""
    rows = np.asarray(vectors, dtype=np.float32)
    return np.asarray(rows / np.maximum(lengths(rows), 1e-12), dtype=np.float32)


def lengths(vectors: NDArray[np.floating]) -> Floats:
    """Return the L2 norms, float32 `(..., 1)`."""
    return np.asarray(np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
