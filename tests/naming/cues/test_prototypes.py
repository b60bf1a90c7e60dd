"""However many episodes there are, the voices kept of single ones are those of a plain sort."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming.cues.prototypes import LEAST_MASS, PENDING, PROTOTYPES, PrototypeSums


def plain(totals: np.ndarray, masses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return directions and blocks of all episodes sorted at once. totals: `(B, K, d)`, masses: `(B, K)`."""
    order = np.argsort(-masses, axis=0, kind="stable")[:PROTOTYPES].T
    picked = np.stack([totals[row, k] for k, row in enumerate(order)])
    enough = np.take_along_axis(masses.T, order, 1) >= LEAST_MASS
    size = np.linalg.norm(picked, axis=2, keepdims=True)
    return np.asarray(picked / np.maximum(size, 1e-9) * enough[..., None], np.float32), order


@pytest.mark.parametrize("count", [1, PROTOTYPES, PROTOTYPES + PENDING, 5 * PENDING + 3])
@pytest.mark.parametrize("ties", [False, True])
def test_the_blocks_kept_are_those_of_a_plain_sort(count: int, ties: bool) -> None:
    rng = np.random.default_rng(count)
    totals = rng.standard_normal((count, 4, 8)).astype(np.float32)
    masses = (rng.integers(0, 5, (count, 4)) if ties else rng.uniform(0, 9, (count, 4))).astype(np.float32)
    sums = PrototypeSums()
    for total, mass in zip(totals, masses, strict=True):
        sums.add(total, mass)
    assert len(sums.totals) < PROTOTYPES + PENDING
    found, (direction, block) = sums.finish(), plain(totals, masses)
    assert np.array_equal(found.direction, direction)
    assert np.array_equal(found.block, block)
