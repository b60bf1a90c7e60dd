"""Voices of the same episode: lines that sound alike are said by the same person, named or not.

The guests ("someone else") have no voice of their own to be compared with; here they are recognised by sounding like
another line that was already taken for a guest's, or like no line at all.
"""

from __future__ import annotations

import numpy as np

from audiorole.naming.block import Block, Planes, power, spread
from audiorole.naming.lines import Floats

SHARPNESS = {"sharp": 24, "soft": 10}
"""Kernel exponents on the cosine of whitened voices: near the single best neighbour, and the best dozen."""

RECENT_SECONDS, RECENT_SHARPNESS = 60.0, 12
FLOOR = 0.003


def planes(block: Block) -> Planes:
    """Yield the evidence of similar lines in the block."""
    alike = block.alike.copy()
    np.fill_diagonal(alike, -2.0)
    square = 2 * (alike - 1)
    np.exp(square, out=square)
    for name, sharpness in SHARPNESS.items():
        yield f"near.{name}", _vote(power(square, sharpness // 2), block.belief)
    recent = power(square, RECENT_SHARPNESS // 2)
    recent *= block.fading(RECENT_SECONDS)
    yield "near.recent", _vote(recent, block.belief)
    best = best_of(alike, block.belief)
    yield "near.best", best
    yield "near.lead", best - np.max(alike, axis=1, keepdims=True)


def _vote(kernel: Floats, belief: Floats) -> Floats:
    """Return log of each candidate's share of the neighbours, weighted by `kernel`."""
    votes = spread(kernel, belief)
    return np.asarray(np.log(votes / (votes.sum(1, keepdims=True) + 1e-12) + FLOOR) - np.log(FLOOR), np.float32)


def best_of(alike: Floats, belief: Floats) -> Floats:
    """Return `(n, K + 1)` similarity to the most similar line believed to be each candidate's; 0 for none."""
    owner = np.where(belief.max(1) > 0, belief.argmax(1), -1)
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    out = np.zeros_like(belief)
    if len(order):
        labels, first = np.unique(owner[order], return_index=True)
        confidence = 0.05 * np.log(belief.max(1)[order] + 1e-3)
        out[:, labels] = np.maximum(np.maximum.reduceat(alike[:, order] + confidence, first, axis=1), -1.0)
    return out
