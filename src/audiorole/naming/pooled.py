"""Evidence that is no belief, averaged over lines that sound alike: the faces seen, the names of the first round.

Beliefs that feed on one another can be wrong together: a scene of a hoarse hero becomes a guest's, every line with the
word of the others. What a camera showed and what the seeds alone said cannot be talked round, so a line is also judged
by what was seen and first said of all lines that sound like it, in the episode and in the minutes around.
"""

from __future__ import annotations

import numpy as np

from audiorole.naming.block import Block, Planes, spread
from audiorole.naming.clarity import voice_weight
from audiorole.naming.lines import Floats

LEAST_COSINE = 0.15
"""Whitened cosine from which lines sound alike (0.28 is the median pair of one speaker, see `voice_cues`)."""

SCENE_SECONDS, AROUND_SECONDS = 90.0, 20.0
PRIOR = 0.3
"""Kernel mass of prior behind an average: four lines of 2 s at cosine 0.4."""

LEAST_FACE, LEAST_NAME = 0.02, 0.003


def seen_around(block: Block, shown: Floats) -> Floats:
    """Return how much of the time around each line each candidate is on the picture. shown: `(n, K + 1)`."""
    near = block.around(AROUND_SECONDS)
    return _plane(spread(near, shown) / (near.sum(1, keepdims=True) + 1e-6))


def face_planes(block: Block, shown: Floats, alone: Floats, first: Floats, around: Floats) -> Planes:
    """Yield who is on the picture, and alone on it, while lines that sound like this one are heard.

    shown, alone, first (alone as a line begins): `(n, K + 1)` planes of the lines themselves. The lift sets it against
    who is on the picture `around` those lines anyway.
    """
    for name, kernel in _kernels(block):
        mass, seen = kernel.sum(1, keepdims=True) + PRIOR, spread(kernel, shown)
        yield f"face.{name}_like", _plane(seen / mass)
        yield f"face.{name}_lift", _plane(np.log((seen + 0.1 * PRIOR) / (spread(kernel, around) + 0.1 * PRIOR)))
        yield f"face.{name}_log", _log((seen + LEAST_FACE * PRIOR) / mass, LEAST_FACE)
        yield f"face.{name}_alone", _plane(spread(kernel, alone) / mass)
        yield f"face.{name}_first", _plane(spread(kernel, first) / mass)


def first_planes(block: Block, first: Floats) -> Planes:
    """Yield what the first round believed of the line and of lines that sound like it. first: `(n, K + 1)`."""
    own = _log(first + LEAST_NAME, LEAST_NAME)
    yield "near.own_first", own
    for name, kernel in _kernels(block):
        mass = kernel.sum(1, keepdims=True) + PRIOR
        yield f"near.{name}_first", _plane(spread(kernel, own) / mass)
        yield f"near.{name}_votes", _log(spread(kernel, first) / mass + 0.01, 0.01)


def _kernels(block: Block) -> Planes:
    """Yield how much each line counts for each other, in the episode and in the minutes around: `(n, n)` by name."""
    like = _off_diagonal(np.maximum(block.alike - LEAST_COSINE, 0) ** 2 * voice_weight(block.clarity))
    yield "episode", like
    yield "scene", like * block.fading(SCENE_SECONDS)


def _off_diagonal(kernel: Floats) -> Floats:
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _log(share: Floats, least: float) -> Floats:
    """Return log shares above that of the least one that counts."""
    return _plane(np.log(share) - np.log(np.float32(least)))


def _plane(values: Floats) -> Floats:
    return np.asarray(values, np.float32)
