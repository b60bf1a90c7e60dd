"""Numbers of lines: arrays beside records are keyed by the number in `show/s01e02/u00042`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from audiorole.types import Utterance


def line_number(utterance_id: str) -> int:
    """Return the number of a line.

    >>> line_number("show/s01e02/u00042")
    42
    """
    return int(utterance_id.rpartition("/u")[2])


def line_numbers(lines: Iterable[Utterance]) -> NDArray[np.int32]:
    """Return the numbers of `lines` as int32 `(num_lines,)`: saved beside an array whose rows they are."""
    return np.array([line_number(line.id) for line in lines], dtype=np.int32)


def rows_of(lines: Iterable[Utterance], saved: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the row of each line in an array saved with `saved` numbers; -1 where it has none."""
    wanted = line_numbers(lines)
    order = np.argsort(saved, kind="stable")
    if not len(saved):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.clip(np.searchsorted(saved[order], wanted), 0, len(saved) - 1)
    rows = order[places]
    return np.where(saved[rows] == wanted, rows, -1).astype(np.int64)
