"""How fast is talked, and what is sung.

Songs are no character's lines, and a voice that sings is easily taken for somebody's. They are slow, several lines
long, and the same one is heard in several episodes. A recap comes again too, mostly in one other episode only. An
opening that a character speaks comes again in all of them: pace is what tells it from a song.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import Block, Planes
from audiorole.naming.cues.wording import Wording
from audiorole.naming.lines import Bools, Floats, SeriesLines

REACH, FADE_SECONDS = 4, 15.0
"""Lines before and after over which slowness is averaged, and seconds in which their weight fades."""

MOST_SLOW = 1.5
"""Slowness beyond which a line is hardly speech but a cue that stands for long."""

REFRAIN_EPISODES, REFRAIN_WORDS = 3, 7
"""Two lines of so many words (characters, in scripts without spaces) that follow one another in so many episodes. In
drama_dev 118 of 124 such lines are songs, and 117 of the 121 that are slow."""

SPOKEN, SUNG = 0.1, 0.3
"""Slowness up to which a refrain is spoken, and from which it is sung: nine in ten lines of songs are slower than that,
one in ten of all others."""


@dataclass(frozen=True)
class Pace:
    """slow: `(N,)` how much longer than usual a line takes for its words, as a log ratio; around: the same, averaged
    over the lines around. sung: `(N,)` in [0, 1], how surely the line is part of a song."""

    slow: Floats
    around: Floats
    sung: Floats

    @classmethod
    def of(cls, lines: SeriesLines, wording: Wording) -> Pace:
        """Return the pace of a series."""
        rate = np.log(np.maximum(wording.length, 1) / np.maximum(lines.duration, 0.3))
        said = wording.length > 0
        usual = np.median(rate[said]) if said.any() else 0.0
        slow = np.where(said, np.clip(usual - rate, -MOST_SLOW, MOST_SLOW), 0).astype(np.float32)
        around = _around(slow, lines)
        sung = refrains(wording, lines.episode) * np.clip((around - SPOKEN) / (SUNG - SPOKEN), 0, 1)
        return cls(slow, around, sung.astype(np.float32))

    def planes(self, block: Block) -> Planes:
        """Yield slowness and songs, under someone else."""
        for name, column in (("slow", self.slow), ("slow_around", self.around), ("sung", self.sung)):
            plane = block.zeros()
            plane[:, -1] = column[block.rows]
            yield f"text.{name}", plane


def _around(slow: Floats, lines: SeriesLines) -> Floats:
    """Return slowness averaged over `REACH` lines on either side in the same episode, the nearer the more."""
    total, mass = slow.copy(), np.ones_like(slow)
    for step in range(1, REACH + 1):
        near = np.exp(-np.abs(lines.start[step:] - lines.start[:-step]) / FADE_SECONDS)
        near *= lines.episode[step:] == lines.episode[:-step]
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            total[here] += near * slow[there]
            mass[here] += near
    return np.asarray(total / mass, np.float32)


def refrains(wording: Wording, episode: NDArray[np.integer]) -> Bools:
    """Return which lines are part of two that follow one another in several episodes."""
    follows = np.flatnonzero(
        (episode[1:] == episode[:-1]) & (wording.length[1:] + wording.length[:-1] >= REFRAIN_WORDS)
    )
    both = np.column_stack([wording.digest[follows], wording.digest[follows + 1]])
    pair = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    heard = np.unique(np.column_stack([pair, episode[follows]]), axis=0)
    again = np.bincount(heard[:, 0], minlength=len(follows))[pair] >= REFRAIN_EPISODES
    out = np.zeros(len(episode), bool)
    out[follows[again]] = out[follows[again] + 1] = True
    return out
