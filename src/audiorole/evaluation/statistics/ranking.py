"""Do two judges of the same thing rank the systems alike? If not, the report says RANK FLIP."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from audiorole.evaluation.statistics.comparison import sign_flip
from audiorole.types import Record


class Flip(Record, frozen=True):
    """Two systems that two encoders put in opposite order.

    Differences are first minus second, mean over characters; p values are sign-flip: a flip is *clear* when
    both are at most 0.05, else it lies within the noise of at least one encoder.
    """

    first: str
    second: str
    difference_a: float
    difference_b: float
    p_a: float
    p_b: float

    @property
    def clear(self) -> bool:
        """True where both encoders are sure of their order."""
        return max(self.p_a, self.p_b) <= 0.05


Values = Mapping[str, Mapping[str, float]]
"""system → character → value."""


def rank_flips(first: Values, second: Values) -> list[Flip]:
    """Return the pairs of systems whose order differs between the two encoders' `values`."""
    flips = [_flip(a, b, first, second) for a, b in combinations(sorted(set(first) & set(second)), 2)]
    return [flip for flip in flips if flip.difference_a * flip.difference_b < 0]


def _flip(a: str, b: str, first: Values, second: Values) -> Flip:
    by_first, by_second = _differences(a, b, first), _differences(a, b, second)
    return Flip(
        first=a,
        second=b,
        difference_a=float(np.mean(by_first)) if by_first else 0.0,
        difference_b=float(np.mean(by_second)) if by_second else 0.0,
        p_a=sign_flip(by_first),
        p_b=sign_flip(by_second),
    )


def _differences(a: str, b: str, values: Values) -> list[float]:
    shared = sorted(set(values[a]) & set(values[b]))
    return [values[a][name] - values[b][name] for name in shared]
