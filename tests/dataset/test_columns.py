"""Columns that grow hold what joining all parts at the end would."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.names.columns import GROWTH, _Column


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int32, np.bool_])
@pytest.mark.parametrize("width", [(), (3,)])
@pytest.mark.parametrize("lengths", [(0,), (5,), (0, 4, 0, 9), tuple(range(60))])
def test_a_column_is_its_parts_one_after_another(kind: type, width: tuple[int, ...], lengths: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    parts = [(9 * rng.standard_normal((length, *width))).astype(kind) for length in lengths]
    column = _Column(parts[0])
    for part in parts[1:]:
        column.add(part)
    whole, joined = column.finish(), np.concatenate(parts)
    assert whole.dtype == joined.dtype
    assert np.array_equal(whole, joined)


def test_little_of_a_column_is_empty_and_its_parts_may_change_afterwards() -> None:
    part = np.ones((100, 2), np.float16)
    column = _Column(part)
    for _ in range(200):
        column.add(part)
        assert len(column._rows) <= column._used * (1 + 1 / GROWTH)
    part[:] = 7
    assert np.all(column.finish() == 1)
