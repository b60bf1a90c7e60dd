"""Evidence that is no belief, averaged over lines that sound alike: the faces seen, the names of the first round.

Beliefs that feed on one another can be wrong together: a scene of a hoarse hero becomes a guest's, every line with the
word of the others. What a camera showed and what the seeds alone said cannot be talked round, so a line is also judged
by what was seen and first said of all lines that sound like it, in the episode and in the minutes around.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from audiorole.naming.block import Block, Planes, spread, spread_all
from audiorole.naming.lines import Floats
from audiorole.naming.voices.clarity import voice_weight

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


class Twins:
    """Lines that sound alike: how much each counts for each other, in the episode and in the minutes around."""

    def __init__(self, block: Block) -> None:
        self.block = block

    @cached_property
    def kernels(self) -> dict[str, Floats]:
        """What each line counts for each other, `(n, n)`, by name."""
        block = self.block
        like = block.alike - LEAST_COSINE
        np.maximum(like, 0, out=like)
        like *= like
        like *= voice_weight(block.clarity)
        np.fill_diagonal(like, 0.0)
        return {"episode": like, "scene": like * block.fading(SCENE_SECONDS)}

    def face_planes(self, seen: Mapping[str, Floats], around: Floats) -> Planes:
        """Yield who is on the picture, and alone on it, while lines that sound like this one are heard.

        seen: the planes of the lines themselves. The lift sets it against who is on the picture `around` those lines
        anyway.
        """
        faces = [seen["face.shown"], around, seen["face.alone"], seen["face.start_alone"]]
        for name, kernel in self.kernels.items():
            mass = kernel.sum(1, keepdims=True) + PRIOR
            shown, often, alone, first = spread_all(kernel, faces)
            yield f"face.{name}_like", _plane(shown / mass)
            yield f"face.{name}_lift", _plane(np.log((shown + 0.1 * PRIOR) / (often + 0.1 * PRIOR)))
            yield f"face.{name}_log", _log((shown + LEAST_FACE * PRIOR) / mass, LEAST_FACE)
            yield f"face.{name}_alone", _plane(alone / mass)
            yield f"face.{name}_first", _plane(first / mass)

    def first_planes(self, first: Floats) -> Planes:
        """Yield what the first round believed of the line and of lines that sound like it. first: `(n, C + 1)`."""
        own = _log(first + LEAST_NAME, LEAST_NAME)
        yield "near.own_first", own
        for name, kernel in self.kernels.items():
            mass = kernel.sum(1, keepdims=True) + PRIOR
            names, chances = spread_all(kernel, [own, first])
            yield f"near.{name}_first", _plane(names / mass)
            yield f"near.{name}_votes", _log(chances / mass + 0.01, 0.01)


def _log(share: Floats, least: float) -> Floats:
    """Return log shares above that of the least one that counts."""
    return _plane(np.log(share) - np.log(np.float32(least)))


def _plane(values: Floats) -> Floats:
    return np.asarray(values, np.float32)
