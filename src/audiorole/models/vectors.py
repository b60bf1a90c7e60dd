"""Vectors that models make: their direction is what is compared."""

from __future__ import annotations

import numpy as np

from audiorole.models.ports import Floats


def unit(rows: Floats) -> Floats:
    """Return float32 `(N, D)` with rows of L2 norm 1; rows of zeros stay zero."""
    return np.asarray(rows / np.maximum(lengths(rows), 1e-12), dtype=np.float32)


def lengths(rows: Floats) -> Floats:
    """Return the L2 norms, float32 `(N, 1)`."""
    return np.asarray(np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
