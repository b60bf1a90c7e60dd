"""How much of a voice was heard: the cosine that a line's embedding should have with its speaker's true voice.

Two things tell, before anybody is named: how long the line is, and how long its embedding is. Speaker networks give
short vectors to noise, music, whispers and crosstalk; on drama_dev the length says more than three times as much as
the seconds do. Embeddings that come normalised say nothing by their length, and seconds alone are counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BASE, BY_SECONDS, BY_LENGTH, BY_BOTH = 0.525, 0.19, 0.53, 0.1
"""Least squares on the true names of drama_dev (each drama's own fit explains 51-70 % of the cosines' variance, another
drama's at most 2 points less; seconds alone 16-23 %)."""

LEAST, MOST = 0.15, 0.8
EDGES = np.array([0.17, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6], np.float32)
"""Classes of clarity that share one variance of noise."""

NUM_CLASSES = len(EDGES) + 1


def clarity(duration: NDArray[np.floating], norm: NDArray[np.floating], typical_norm: float) -> NDArray[np.float32]:
    """Return the expected cosine in [0.15, 0.8] of lines of `duration` (s) with embeddings of L2 length `norm`."""
    seconds = np.log(np.clip(duration, 0.2, 4.0) / 1.5)
    length = np.clip(np.log(np.maximum(norm, 1e-9) / typical_norm), -1.0, 0.5)
    cosine = BASE + BY_SECONDS * seconds + BY_LENGTH * length + BY_BOTH * seconds * length
    return np.asarray(np.clip(cosine, LEAST, MOST), np.float32)


def voice_weight(clear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a line counts for when voices are averaged, in seconds of ordinary speech.

    Divided by its clarity c, a unit vector is its speaker's voice plus noise of variance (1 - c^2) / c^2: it weighs the
    inverse. An ordinary line of 1.7 s has c = 0.53.
    """
    return np.asarray(4.35 * clear**2 / (1 - clear**2), np.float32)


def clarity_class(clear: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the class of each clarity: 0 hardly a voice … 7 clear."""
    return np.searchsorted(EDGES, clear, side="right")


def blur(clear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 0 where a voice is clear (0.55 and more), 1 where hardly any was heard (0.15 and less)."""
    return np.asarray(np.clip((0.55 - clear) / 0.4, 0.0, 1.0), np.float32)
