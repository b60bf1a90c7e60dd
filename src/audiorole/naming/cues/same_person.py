"""Is this the candidate's voice, by what the embedder is known to do? (`voices/prior.py`)

The voices of lines, of kin and of speakers are compared with the clips and seeds alone, and with all that is believed
to be the candidate's. Nothing here is learnt from the series but the mean voice, so it holds from the first line on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from audiorole.core.vectors import unit
from audiorole.naming.block import Block, Planes
from audiorole.naming.cues.voice import voice_mass
from audiorole.naming.kin.linked import Kin
from audiorole.naming.kin.speakers import Speakers
from audiorole.naming.lines import NO_SEED, Floats, SeriesLines
from audiorole.naming.tables import SeriesTables, clip_clarity, seed_mass
from audiorole.naming.voices.clarity import voice_weight
from audiorole.naming.voices.model import levelled
from audiorole.naming.voices.prior import MOST_RATIO, VoicePrior

LEAST_SECONDS = 0.05


@dataclass(frozen=True)
class Enrolled:
    """Voices of candidates. total: `(K, D)` sum of directions times seconds; mass: `(K,)` seconds."""

    total: Floats
    mass: Floats

    def among(self, cast: NDArray[np.int64]) -> Enrolled:
        """Return the voices of some of the candidates."""
        return Enrolled(self.total[cast], self.mass[cast])


@dataclass(frozen=True)
class SamePerson:
    """seeds: what clips and seeds alone hold; believed: they and all lines, as far as they are believed to be theirs.

    strangers: log-odds that a line is nobody's of the cast, by how many of the series' voices no seed resembles.
    """

    prior: VoicePrior
    mean: Floats
    seeds: Enrolled
    believed: Enrolled
    strangers: float = 0.0

    @classmethod
    def gather(cls, tables: SeriesTables, belief: NDArray[np.floating]) -> SamePerson:
        """Sum up the voices of a series. belief: `(N, K + 1)`."""
        lines, size = tables.lines, tables.num_candidates
        shape = (size, lines.embedding.shape[1])
        seeds, believed = (np.zeros(shape, np.float64) for _ in range(2))
        seed_total, believed_total = (np.zeros(size, np.float64) for _ in range(2))
        for rows in lines.blocks():
            voice = directions(lines, rows, tables.mean)
            for weight, total, mass in (
                (seed_mass(lines, rows, size), seeds, seed_total),
                (voice_mass(belief[rows, :-1].astype(np.float32), lines.clarity[rows]), believed, believed_total),
            ):
                total += weight.T @ voice
                mass += weight.sum(0)
        clips, clip_mass = _clips(tables)
        given, all_of_it = (
            _enrolled(seeds + clips, seed_total + clip_mass),
            _enrolled(believed + clips, believed_total + clip_mass),
        )
        found = cls(tables.prior, tables.mean, given, all_of_it)
        return replace(found, strangers=found._strangers(lines))

    def _strangers(self, lines: SeriesLines) -> float:
        alone, heard = 0.0, 0
        for rows in lines.blocks():
            voice, weight = directions(lines, rows, self.mean), voice_weight(lines.clarity[rows])
            some = np.any(voice != 0, axis=1) & (lines.seeds[rows] == NO_SEED)
            best = self._plane(voice[some] * weight[some, None], weight[some], self.seeds)[:, -1]
            alone += float(expit(-best).sum())
            heard += int(some.sum())
        share = (alone + 1) / (heard + 4)
        return float(np.log(share / (1 - share)))

    def closest(self, lines: SeriesLines) -> Floats:
        """Return for each candidate the highest log ratio of any line that is no seed with the seeds, `(K,)`."""
        best = np.full(len(self.seeds.mass), -MOST_RATIO, np.float32)
        for rows in lines.blocks():
            voice, weight = directions(lines, rows, self.mean), voice_weight(lines.clarity[rows])
            some = np.any(voice != 0, axis=1) & (lines.seeds[rows] == NO_SEED)
            ratio = self._plane(voice[some] * weight[some, None], weight[some], self.seeds)[:, :-1]
            best = np.maximum(best, ratio.max(0, initial=-MOST_RATIO))
        return best

    def of_each_other(self) -> Floats:
        """Return the log ratios of the candidates' seeds with one another, `(K, K)`."""
        return self._plane(self.seeds.total, self.seeds.mass, self.seeds)[:, :-1]

    def among(self, cast: NDArray[np.int64]) -> SamePerson:
        """Return the same for some of the candidates."""
        return replace(self, seeds=self.seeds.among(cast), believed=self.believed.among(cast))

    def planes(
        self, block: Block, lines: SeriesLines, seeded: Floats, kin: Kin | None, speakers: list[Speakers]
    ) -> Planes:
        """Yield log ratios of one person against two. seeded: `(n, K)` mass that each line put into the seeds."""
        voice = directions(lines, block.rows, self.mean)
        heard = np.any(voice != 0, axis=1)
        weight = voice_weight(block.clarity) * heard
        own = voice_mass(block.belief[:, :-1], block.clarity) * heard[:, None]
        heavy = voice * weight[:, None]
        yield "bias.strangers", _alone(block, self.strangers)
        yield "bias.cast", _alone(block, float(np.log(len(self.seeds.mass))))
        yield "voice.same_seed", self._plane(heavy, weight, self.seeds, seeded)
        yield "voice.same", self._plane(heavy, weight, self.believed, own)
        if kin is not None:
            yield "voice.kin_same_seed", self._plane(*kin.summed(heavy, weight), self.seeds)
        for one in speakers:
            whole, seconds = _summed(one, heavy), _summed(one, weight)
            yield f"voice.{one.name}_same_seed", self._plane(whole, seconds, self.seeds, _summed(one, seeded))[one.of]
            yield f"voice.{one.name}_same", self._plane(whole, seconds, self.believed, _summed(one, own))[one.of]

    def _plane(self, voice: Floats, seconds: Floats, theirs: Enrolled, own: Floats | None = None) -> Floats:
        """Return the log ratios of voices `(n, D)` of so many `seconds`; the best of the cast under someone else.

        own: `(n, K)` seconds that each of them put into `theirs`, taken out again as if all of a voice had been put in
        alike.
        """
        cross, size = voice @ theirs.total.T, np.broadcast_to((theirs.total**2).sum(1), (len(voice), len(theirs.mass)))
        mass, length = np.broadcast_to(theirs.mass, cross.shape), np.linalg.norm(voice, axis=1)[:, None]
        if own is not None:
            share = own / np.maximum(seconds, LEAST_SECONDS)[:, None]
            size = size - 2 * share * cross + (share * length) ** 2
            cross, mass = cross - share * length**2, mass - own
        cosine = cross / np.maximum(length * np.sqrt(np.maximum(size, 1e-9)), 1e-9)
        cosine = np.where(mass > LEAST_SECONDS, np.clip(cosine, -1, 1), 0)
        ratio = self.prior.log_ratio(cosine, seconds[:, None], np.maximum(mass, 0).astype(np.float32))
        return np.hstack([ratio, ratio.max(1, keepdims=True, initial=-MOST_RATIO)])


def _alone(block: Block, value: float) -> Floats:
    """Return a plane with the same value for someone else on all lines."""
    plane = block.zeros()
    plane[:, -1] = value
    return plane


def _summed(one: Speakers, plane: Floats) -> Floats:
    """Return the sum over each speaker's lines."""
    return np.asarray(one.each @ plane, np.float32)


def directions(lines: SeriesLines, rows: slice, mean: Floats) -> Floats:
    """Return the centred voices of lines, scaled to 1; zero where no voice was measured."""
    return unit(levelled(lines.embedding[rows], mean))


def _enrolled(total: NDArray[np.float64], mass: NDArray[np.float64]) -> Enrolled:
    return Enrolled(total.astype(np.float32), mass.astype(np.float32))


def _clips(tables: SeriesTables) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    clips, size = tables.references, tables.num_candidates
    total, mass = np.zeros((size, tables.lines.embedding.shape[1])), np.zeros(size)
    if len(clips):
        weight = voice_weight(clip_clarity(tables))
        voice = unit(levelled(clips.embedding, tables.mean))
        np.add.at(total, clips.candidate, voice * weight[:, None])
        np.add.at(mass, clips.candidate, weight)
    return total, mass
