"""How many listeners and items a listening test needs."""

from __future__ import annotations

import math

from scipy import stats

from audiorole.evaluation.listening.design import Key, Plan
from audiorole.types import Record

LISTENER_SPREAD, ITEM_SPREAD = 0.10, 0.12
"""SD over listeners and over items of the preference share, for planning before a pilot: at the upper end of what the
simulated listeners with taste 0.3 show. A pilot's own spreads replace them."""


class ListeningPlan(Record, frozen=True):
    """Listeners for a given number of items per pair. listeners: None where no number of them is enough."""

    items: int
    listeners: int | None


Z = float(stats.norm.ppf(0.975) + stats.norm.ppf(0.8))
"""For a two-sided test at 5 % with 80 % power."""

TIES = 0.2
"""Share of ties, for planning before a pilot."""

WANTED = 0.6
"""The preference that a test should be able to find: three wins in five."""

CROWDS = (10, 30)
"""Listeners that people commonly find."""


def listeners_needed(
    share: float,
    items: int,
    heard: float = 0,
    listener_spread: float = LISTENER_SPREAD,
    item_spread: float = ITEM_SPREAD,
) -> ListeningPlan:
    """Return how many listeners find a preference of `share` (0.5 is none) at p < .05 with 80 % power.

    share: wins plus half the ties. items: how many there are of a pair; heard: how many of them each listener hears, 0
    for all. The items' own spread does not shrink with more listeners: below some number of items no crowd is enough.
    """
    effect = abs(share - 0.5)
    allowed = (effect / Z) ** 2 - item_spread**2 / items
    if allowed <= 0:
        return ListeningPlan(items, None)
    spread = listener_spread**2 + _vote_variance(share) / (heard or items)
    return ListeningPlan(items, max(2, math.ceil(spread / allowed)))


def smallest_share(items: int, heard: float, listeners: int) -> float:
    """Return the least preference above 0.5 that so many listeners find, at most 1. heard: as in `listeners_needed`."""
    share = 0.5
    for _ in range(20):  # the variance of a vote depends on the share itself, but little
        spread = ITEM_SPREAD**2 / items + (LISTENER_SPREAD**2 + _vote_variance(share) / heard) / max(1, listeners)
        share = min(1.0, 0.5 + Z * math.sqrt(spread))
    return share


def heard_of_a_pair(systems: int, items: int, plan: Plan) -> float:
    """Return how many items of a pair of systems each listener hears."""
    return min(items, plan.ab / math.comb(systems, 2))


def design_notes(systems: int, items: int, characters: int, plan: Plan) -> list[str]:
    """Return what a test can find, and in what it is too small, a sentence each."""
    heard = heard_of_a_pair(systems, items, plan)
    shares = [f"{smallest_share(items, heard, crowd):.0%} with {crowd} listeners" for crowd in CROWDS]
    notes = [f"Finds a preference of {', of '.join(shares)}."]
    if listeners_needed(WANTED, items, heard).listeners is None:
        least = math.ceil((ITEM_SPREAD * Z / (WANTED - 0.5)) ** 2)
        notes.append(f"TOO SMALL: with {items} items no number of listeners finds {WANTED:.0%}; {2 * least} would do.")
    if heard < 1:
        notes.append(f"TOO SMALL: {math.comb(systems, 2)} pairs on {plan.ab} screens; a listener misses some pairs.")
    if characters == 1:
        notes.append("TOO SMALL: one character; what listeners say holds for no other.")
    return notes


def crowd_notes(key: Key, listeners: int) -> list[str]:
    """Return what the listeners who answered are too few for, a sentence each. listeners: those who passed."""
    items = len({stimulus.item for stimulus in key.codes.values()})
    screens = sum(trial.kind == "ab" and trial.id not in key.traps for block in key.blocks for trial in block)
    plan = Plan(blocks=len(key.blocks), ab=screens // max(1, len(key.blocks)))
    share = smallest_share(items, heard_of_a_pair(len(key.systems), items, plan), listeners)
    who, notes = f"{listeners} listener{'' if listeners == 1 else 's'}", []
    if share > WANTED:
        notes.append(f"TOO FEW: {who} on {items} items find a preference of {share:.0%} or more, not of {WANTED:.0%}.")
    if listeners < len(key.blocks):
        notes.append(f"TOO FEW: {who} on {len(key.blocks)} blocks; pairs were not heard equally often.")
    return notes


def _vote_variance(share: float) -> float:
    return share * (1 - share) * (1 - TIES)
