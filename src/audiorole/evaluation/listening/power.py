"""How many listeners and items a listening test needs."""

from __future__ import annotations

import math

from scipy import stats

from audiorole.types import Record

LISTENER_SPREAD, ITEM_SPREAD = 0.10, 0.12
"""SD over listeners and over items of the preference share, for planning before a pilot: at the upper end of what the
simulated listeners with taste 0.3 show. A pilot's own spreads replace them."""


class ListeningPlan(Record, frozen=True):
    """Listeners for a given number of items per pair. listeners: None where no number of them is enough."""

    items: int
    listeners: int | None


def listeners_needed(
    share: float, items: int, alpha: float = 0.05, power: float = 0.8, ties: float = 0.2,
    listener_spread: float = LISTENER_SPREAD, item_spread: float = ITEM_SPREAD,
) -> ListeningPlan:  # fmt: skip
    """Return how many listeners, each hearing `items` of a pair, find a preference of `share` (0.5 is none).

    share: wins plus half the ties. The items' own spread does not shrink with more listeners: below some number of
    items no crowd is large enough.
    """
    effect = abs(share - 0.5)
    if effect == 0:
        return ListeningPlan(items, None)
    z = float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))
    allowed = (effect / z) ** 2 - item_spread**2 / items
    vote_variance = share * (1 - share) * (1 - ties)
    if allowed <= 0:
        return ListeningPlan(items, None)
    return ListeningPlan(items, max(2, math.ceil((listener_spread**2 + vote_variance / items) / allowed)))
