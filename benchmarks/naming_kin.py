"""Fit how to tell which lines have one speaker, from what links them (`audiorole.naming.linked`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from audiorole.naming.engine import NamingRun
from audiorole.naming.evidence import Evidence
from audiorole.naming.linked import KinWeights
from audiorole.naming.links import NUM_FEATURES

Pairs = tuple[np.ndarray, np.ndarray]

MOST_PAIRS = 40_000
"""Links a series gives to the fit, drawn at random."""

HIDDEN, STEPS, L2 = 16, 150, 1e-4


def pairs(run: NamingRun, speaker: np.ndarray, scored: np.ndarray) -> Pairs:
    """Return what links lines of a series `(P, NUM_FEATURES)`, and which pairs have one speaker; after a round."""
    evidence, rng = Evidence.gather(run.tables, run.belief), np.random.default_rng(0)
    share = MOST_PAIRS / max(len(speaker) * 24, 1)
    features, same = [], []
    for block in evidence.blocks(run.belief):
        links, who, ok = evidence.links(block), speaker[block.rows], scored[block.rows]
        kept = (links.feature[..., -1] > 0) & ok[:, None] & ok[links.index] & (rng.random(links.index.shape) < share)
        features.append(links.feature[kept])
        same.append((who[:, None] == who[links.index])[kept])
    return np.concatenate(features), np.concatenate(same)


def fit_kin(some: Sequence[Pairs]) -> KinWeights:
    """Return the network that gives the pairs of all series the highest likelihood."""
    x, y = (np.concatenate(parts) for parts in zip(*some, strict=True))
    start = np.random.default_rng(0).normal(0, 0.3, NUM_FEATURES * HIDDEN + 2 * HIDDEN + 1)
    found = minimize(_loss(x, y), start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    print(f"  kin: loss {found.fun:.4f} over {len(y)} pairs, {y.mean():.3f} of one speaker", flush=True)
    return KinWeights(*_unpacked(found.x))


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
