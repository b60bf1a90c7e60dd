"""Bradley–Terry strengths from votes with ties (Davidson 1970), with a listener × item cluster bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from audiorole.evaluation.listening.sessions import Vote
from audiorole.types import Record

RIDGE = 0.05
"""Weight of a normal prior on the strengths: keeps them finite for a system that never lost (about half a vote)."""

Floats = NDArray[np.float64]


class Strength(Record, frozen=True):
    """One system's strength: natural log of the odds against the average system; low, high: 95 %."""

    system: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Table:
    """Votes as arrays: first, second, outcome, listener and item numbers, int64 `(num_votes,)` each."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    outcome: NDArray[np.int64]
    listener: NDArray[np.int64]
    item: NDArray[np.int64]


def fit_strengths(votes: Sequence[Vote], systems: Sequence[str], draws: int = 200, seed: int = 0) -> list[Strength]:
    """Return the strengths of `systems`, best first, mean 0.

    The interval resamples listeners and items at once (pigeonhole bootstrap, Owen 2007): votes of one listener, or
    on one item, go together, and treating them as independent makes intervals far too short.
    """
    table = _table(votes, systems)
    start = np.zeros(len(systems) + 1)
    best = _fit(table, np.ones(len(votes)), start)
    rng = np.random.default_rng(seed)
    found = np.stack([_fit(table, _weights(table, rng), best) for _ in range(draws)])[:, :-1]
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    rows = [Strength(name, float(best[at]), float(low[at]), float(high[at])) for at, name in enumerate(systems)]
    return sorted(rows, key=lambda row: -row.value)


def tie_rate(votes: Sequence[Vote]) -> float:
    """Return the share of ties."""
    return float(np.mean([vote.outcome == 0 for vote in votes])) if votes else 0.0


def outcome_probabilities(difference: Floats, log_tie: float) -> tuple[Floats, Floats, Floats]:
    """Return P(first wins), P(tie), P(second wins) for strength differences (first - second).

    Davidson: in the ratio exp(d / 2) : nu : exp(-d / 2).
    """
    won, lost, tie = np.exp(difference / 2), np.exp(-difference / 2), np.exp(log_tie)
    total = won + lost + tie
    return won / total, tie / total, lost / total


def _table(votes: Sequence[Vote], systems: Sequence[str]) -> _Table:
    at = {name: number for number, name in enumerate(systems)}
    listeners = {name: number for number, name in enumerate(sorted({vote.listener for vote in votes}))}
    items = {name: number for number, name in enumerate(sorted({vote.item for vote in votes}))}
    return _Table(
        first=np.array([at[vote.first] for vote in votes], dtype=np.int64),
        second=np.array([at[vote.second] for vote in votes], dtype=np.int64),
        outcome=np.array([vote.outcome for vote in votes], dtype=np.int64),
        listener=np.array([listeners[vote.listener] for vote in votes], dtype=np.int64),
        item=np.array([items[vote.item] for vote in votes], dtype=np.int64),
    )


def _weights(table: _Table, rng: np.random.Generator) -> Floats:
    """Return each vote's weight in one draw: how often its listener was drawn times how often its item was."""
    factors = []
    for numbers in (table.listener, table.item):
        count = int(numbers.max()) + 1
        factors.append(np.bincount(rng.integers(0, count, count), minlength=count)[numbers])
    return np.asarray(factors[0] * factors[1], dtype=np.float64)


def _fit(table: _Table, weights: Floats, start: Floats) -> Floats:
    found = optimize.minimize(_loss, start, args=(table, weights), jac=True, method="L-BFGS-B")
    strengths = found.x[:-1] - found.x[:-1].mean()
    return np.append(strengths, found.x[-1])


def _loss(parameters: Floats, table: _Table, weights: Floats) -> tuple[float, Floats]:
    """Return the penalised negative log-likelihood and its gradient."""
    strengths, log_tie = parameters[:-1], float(np.clip(parameters[-1], -6, 6))
    won, tie, lost = outcome_probabilities(strengths[table.first] - strengths[table.second], log_tie)
    chosen = np.where(table.outcome > 0, won, np.where(table.outcome < 0, lost, tie))
    value = -float(weights @ np.log(np.maximum(chosen, 1e-12))) + RIDGE * float(np.sum(parameters**2))
    slope = weights * (0.5 * (won - lost) - 0.5 * np.sign(table.outcome))
    gradient = 2 * RIDGE * parameters
    np.add.at(gradient, table.first, slope)
    np.add.at(gradient, table.second, -slope)
    gradient[-1] += float(weights @ (tie - (table.outcome == 0)))
    return value, gradient
