"""Fit how to tell which lines have one speaker, from what links them (`audiorole.naming.kin.linked`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from audiorole.naming.block import Block
from audiorole.naming.engine import NamingRun
from audiorole.naming.evidence import RoundEvidence
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.kin.links import NUM_FEATURES, NUM_PAIR_FEATURES, Links, pair_features

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Known:
    """Pairs of lines of one series: what links them, and whether they have one speaker; linked ones, and any two."""

    linked: Pairs
    any_two: Pairs


MOST_PAIRS = 3_000
"""Links a series gives to the fit, drawn at random."""

CLOSE = 15
"""Lines away up to which half of any two lines are."""

HIDDEN, STEPS, L2 = 16, 150, 1e-4


def pairs(run: NamingRun, speaker: np.ndarray, scored: np.ndarray) -> Known:
    """Return pairs of lines of a series, as the beliefs of now let them be heard."""
    evidence, rng = RoundEvidence.gather(run.tables, run.belief), np.random.default_rng(0)
    linked, any_two = [], []
    for block in evidence.blocks(run.belief):
        who, ok = speaker[block.rows], scored[block.rows]
        linked.append(_linked(evidence.links(block), who, ok, MOST_PAIRS / max(len(speaker) * 24, 1), rng))
        any_two.append(_any_two(block, who, ok, MOST_PAIRS * len(block) // len(speaker), rng))
    return Known(_joined(linked), _joined(any_two))


def _linked(links: Links, who: np.ndarray, ok: np.ndarray, share: float, rng: np.random.Generator) -> Pairs:
    kept = (links.feature[..., -1] > 0) & ok[:, None] & ok[links.index] & (rng.random(links.index.shape) < share)
    return links.feature[kept], (who[:, None] == who[links.index])[kept]


def _any_two(block: Block, who: np.ndarray, ok: np.ndarray, count: int, rng: np.random.Generator) -> Pairs:
    """Return pairs half of which are close to each other, as those are that decide."""
    one, step = rng.integers(0, len(block), count), rng.integers(-CLOSE, CLOSE + 1, count)
    near = np.clip(one + step, 0, len(block) - 1)
    two = np.where(rng.random(count) < 0.5, near, rng.integers(0, len(block), count))
    kept = (one != two) & ok[one] & ok[two]
    one, two = one[kept], two[kept]
    return np.stack([f[one, two] for f in pair_features(block)], axis=1), who[one] == who[two]


def _joined(some: Sequence[Pairs]) -> Pairs:
    return np.concatenate([x for x, _ in some]), np.concatenate([y for _, y in some])


def fit_kin(some: Sequence[Known]) -> KinWeights:
    """Return the network and the log-odds of any two lines that give the pairs of all series the highest likelihood."""
    x, y = _joined([one.linked for one in some])
    start = np.random.default_rng(0).normal(0, 0.3, NUM_FEATURES * HIDDEN + 2 * HIDDEN + 1)
    found = minimize(_loss(x, y), start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    print(f"  kin: loss {found.fun:.4f} over {len(y)} pairs, {y.mean():.3f} of one speaker", flush=True)
    return KinWeights(*_unpacked(found.x), _fit_any_two(*_joined([one.any_two for one in some])))


def _fit_any_two(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        p = np.clip(expit(x @ w), 1e-7, 1 - 1e-7)
        return float(-np.mean(np.where(y, np.log(p), np.log(1 - p)))), x.T @ (p - y) / len(y)

    found = minimize(loss, np.zeros(NUM_PAIR_FEATURES), jac=True, method="L-BFGS-B")
    print(f"  any two: loss {found.fun:.4f} over {len(y)} pairs, {y.mean():.3f} of one speaker", flush=True)
    return found.x.astype(np.float32)


def _unpacked(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    w = packed.astype(np.float32)
    cut = NUM_FEATURES * HIDDEN
    return w[:cut].reshape(NUM_FEATURES, HIDDEN), w[cut : cut + HIDDEN], w[cut + HIDDEN : -1], float(w[-1])


def _loss(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return the function that gives loss and gradient for the packed weights."""

    def loss(packed: np.ndarray) -> tuple[float, np.ndarray]:
        hidden, bias, out, offset = _unpacked(packed)
        inside = np.maximum(x @ hidden + bias, 0)
        p = np.clip(expit(inside @ out + offset), 1e-7, 1 - 1e-7)
        value = -np.mean(np.where(y, np.log(p), np.log(1 - p))) + L2 * np.sum(packed**2)
        pull = ((p - y) / len(y)).astype(np.float32)
        back = pull[:, None] * out * (inside > 0)
        gradient = np.concatenate([(x.T @ back).ravel(), back.sum(0), inside.T @ pull, [pull.sum()]])
        return float(value), gradient.astype(np.float64) + 2 * L2 * packed

    return loss
