"""The voice of a line against the candidates' voices: in the series, in this episode, in the others, in the seeds.

A guest who is mistaken for a cast member bends that member's voice in this episode, never in the others: the voice
"away" and the voice of the seeds are what unmask guests. One line is a noisy sample; the mean of the lines that sound
like it (its group) is compared too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import Block, Planes
from audiorole.naming.lines import Floats
from audiorole.naming.voices import Voices, line_weight, unit

LOCAL_STRENGTH = 4.0
"""Seconds of the series-wide voice mixed into a candidate's voice in one episode."""

GROUP_COSINE = 0.2
"""Whitened cosine from which lines count as one group: above 99 % of different speakers' median pair, below the median
pair of one speaker (drama_dev, true names: -0.02 and 0.28)."""

PROTOTYPES = 12
"""Episodes kept per candidate as separate voices: an age, a disguise, a telephone."""


def voice_mass(belief: Floats, duration: Floats) -> Floats:
    """Return what each line adds to each candidate's voice: seconds times squared belief."""
    return np.asarray(belief**2 * line_weight(duration)[:, None], np.float32)


@dataclass(frozen=True)
class Prototypes:
    """Voices in single episodes: direction `(K, PROTOTYPES, d)`, norm 1 or 0; block `(K, PROTOTYPES)`."""

    direction: Floats
    block: NDArray[np.int64]

    @classmethod
    def gather(cls, totals: list[Floats], masses: list[Floats]) -> Prototypes:
        """Keep the blocks in which each candidate speaks most. totals: `(K, d)` and masses `(K,)` per block."""
        mass = np.stack(masses)
        order = np.argsort(-mass, axis=0, kind="stable")[:PROTOTYPES].T
        picked = np.stack([np.stack([totals[b][k] for b in row]) for k, row in enumerate(order)])
        enough = np.take_along_axis(mass.T, order, 1) >= 2.0
        size = np.linalg.norm(picked, axis=2, keepdims=True)
        return cls(np.asarray(picked / np.maximum(size, 1e-9) * enough[..., None], np.float32), order)

    def best(self, direction: Floats, block: int) -> Floats:
        """Return `(n, K)` cosine with the most similar voice that each candidate had in another block; 0 for none."""
        k, p, d = self.direction.shape
        away = self.direction * (self.block != block)[..., None]
        found = (direction @ away.reshape(-1, d).T).reshape(len(direction), k, p)
        found[:, ~np.any(away, axis=2)] = -1.0
        best = found.max(2)
        return np.asarray(np.where(best <= -1.0, 0.0, best), np.float32)


def planes(block: Block, number: int, voices: Voices, seeds: Voices, prototypes: Prototypes | None) -> Planes:
    """Yield the voice evidence of block `number`. seeds: the voices of seeds and reference clips alone."""
    own = voice_mass(block.belief[:, :-1], block.duration)
    cosine = voices.cosine(block.voice, own)
    yield "voice.series", _with_else(voices.log_ratio(block.voice, block.bucket, own))
    yield "voice.cosine", _with_best(cosine)
    yield "voice.lead", _lead(cosine)
    yield "voice.unheard", _with_else((voices.mass - own < 0.2).astype(np.float32))
    yield "voice.seed", _with_best(seeds.cosine(block.voice, np.zeros_like(own)))
    if prototypes is not None:
        yield from _episode_planes(block, voices, own)
        yield from _away_planes(block, number, voices, own, prototypes)


def _episode_planes(block: Block, voices: Voices, own: Floats) -> Planes:
    mass = own.sum(0) + LOCAL_STRENGTH
    mean = (own.T @ block.voice + LOCAL_STRENGTH * voices.mean) / mass[:, None]
    heard = np.where(voices.mass > 0, mass, 0)
    local = replace(voices, mean=mean.astype(np.float32), mass=heard.astype(np.float32))
    cosine = local.cosine(block.voice, own)
    yield "voice.episode", _with_else(local.log_ratio(block.voice, block.bucket, own))
    yield "voice.episode_cosine", _with_best(cosine)
    yield "voice.episode_lead", _lead(cosine)


def _away_planes(block: Block, number: int, voices: Voices, own: Floats, prototypes: Prototypes) -> Planes:
    here = own.sum(0)
    mass = np.maximum(voices.mass - here, 0)
    mean = (voices.mean * voices.mass[:, None] - own.T @ block.voice) / np.maximum(mass, 0.2)[:, None]
    away = replace(voices, mean=mean.astype(np.float32), mass=mass.astype(np.float32))
    nothing = np.zeros_like(own)
    group, size = group_voice(block)
    yield "voice.away", _with_best(away.cosine(block.voice, nothing))
    yield "voice.away_unheard", _with_else(np.broadcast_to((mass < 0.2).astype(np.float32), own.shape))
    together = away.cosine(group, nothing)
    yield "voice.group", _with_best(together)
    yield "voice.group_lead", _lead(together)
    yield "voice.group_size", np.asarray(_with_best(together) * size[:, None], np.float32)
    yield "voice.prototype", _with_best(prototypes.best(unit(group), number))


def group_voice(block: Block) -> tuple[Floats, Floats]:
    """Return each line's voice averaged with those that sound like it, and log seconds of that group."""
    kernel = np.maximum(block.alike - GROUP_COSINE, 0) ** 2 * line_weight(block.duration)
    np.fill_diagonal(kernel, 0.1 * line_weight(block.duration))
    seconds = kernel.sum(1) / 0.05
    return np.asarray(kernel @ block.direction, np.float32), np.asarray(np.log1p(seconds), np.float32)


def _with_else(plane: Floats) -> Floats:
    return np.hstack([plane, np.zeros((len(plane), 1), np.float32)])


def _with_best(plane: Floats) -> Floats:
    """Return the plane with the best candidate's value under someone else: a voice that fits nobody is a guest's."""
    return np.hstack([plane, plane.max(1, keepdims=True, initial=-1.0)])


def _lead(plane: Floats) -> Floats:
    """Return by how much each candidate beats the best other one."""
    if plane.shape[1] < 2:
        return _with_else(np.zeros_like(plane))
    two = -np.partition(-plane, 1, axis=1)[:, :2]
    best = np.where(plane >= two[:, :1], two[:, 1:], two[:, :1])
    return np.hstack([plane - best, two[:, :1] - two[:, 1:]])
