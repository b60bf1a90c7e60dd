"""The voice of a line against the candidates' voices: in the series, in this episode, in the others, in the seeds.

A guest who is mistaken for a cast member bends that member's voice in this episode, never in the others: the voice
"away" and the voice of the seeds are what unmask guests. One line is a noisy sample; the mean of the lines that sound
like it (its group) is compared too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import unit
from audiorole.naming.block import Block, Planes
from audiorole.naming.cues.prototypes import Prototypes
from audiorole.naming.lines import Floats
from audiorole.naming.voices.clarity import voice_weight
from audiorole.naming.voices.model import Voices

LOCAL_STRENGTH = 4.0
"""Seconds of the series-wide voice mixed into a candidate's voice in one episode."""

GROUP_COSINE = 0.2
"""Whitened cosine from which lines count as one group: above 99 % of different speakers' median pair, below the median
pair of one speaker (drama_dev, true names: -0.02 and 0.28)."""

STRANGER, FEW_STRANGERS = (0.3, 0.1), 10.0
"""Mean and deviation of strangers' best cosines in drama_dev, and how many of them it takes to say otherwise."""

MOST_DEVIATIONS = 9.0
"""What 9,999 of 10,000 lines of drama_dev stay within: a series of a dozen lines must not leave what was fitted."""

MOST_RATIO = 40.0
"""What log ratios are cut at: in drama_dev they hardly go further, but a voice of two seconds came to -200."""

TRUST_SECONDS = 4.6
"""Seconds of a voice at which its mean is as good as half: noise over between-speaker variance of one line, times the
mean line (drama_dev: pairs of one speaker have a mean cosine of 0.27, lines last 1.7 s)."""


DAY_SECONDS = 4.0
"""Seconds that all other seeds of an episode are worth at most, beside its clearest one. Chosen on shan_hai_qing and
chen_mo_de_zhen_xiang (of 4 and 8 seconds), without effect on even episodes of amazon_dev."""


def trust(mass: Floats) -> Floats:
    """Return how far a cosine with a mean over `mass` seconds reaches towards that with the true voice, in [0, 1]."""
    return np.asarray(np.sqrt(mass / (mass + TRUST_SECONDS)), np.float32)


def of_one_day(weight: Floats) -> Floats:
    """Return the seconds `(K,)` that seeds of one episode are worth. weight: `(n, K)` seconds of each.

    The clearest counts in full. What the others add is bounded: they share with it how the person speaks that day, and
    how they are heard there.
    """
    first = weight.max(0, initial=0)
    more = weight.sum(0) - first
    return np.asarray(first + more / (1 + more / DAY_SECONDS), np.float32)


def _even(cosine: Floats, reach: Floats) -> Floats:
    """Return cosines as they would be with voices heard for ever, at most three times what they are."""
    return np.asarray(cosine / np.maximum(reach, 0.33), np.float32)


def voice_mass(belief: Floats, clear: Floats) -> Floats:
    """Return what each line adds to each candidate's voice: seconds of ordinary speech times squared belief."""
    return np.asarray(belief**2 * voice_weight(clear)[:, None], np.float32)


@dataclass(frozen=True)
class Cohort:
    """How close strangers come to each candidate: mean and deviation `(K,)` of their best tenth of cosines.

    line: for single lines, group: for lines averaged with their likes. A cosine counts in deviations above them
    (adaptive score normalisation: Matějka et al. 2017), so that a plain voice which everybody resembles wins nothing.
    """

    line: tuple[Floats, Floats]
    group: tuple[Floats, Floats]

    def among(self, cast: NDArray[np.int64]) -> Cohort:
        """Return the strangers of some of the candidates."""
        (mean, deviation), (group_mean, group_deviation) = self.line, self.group
        return Cohort((mean[cast], deviation[cast]), (group_mean[cast], group_deviation[cast]))

    @classmethod
    def gather(cls, line: list[Floats], group: list[Floats]) -> Cohort:
        """line, group: cosines `(m, K)` per block, -2 where the line is the candidate's own."""
        return cls(_best_tenth(np.concatenate(line)), _best_tenth(np.concatenate(group)))


def _best_tenth(cosine: Floats) -> tuple[Floats, Floats]:
    """Return mean and deviation of the highest tenth per column, own lines left out, drawn towards all columns'."""
    keep = max(len(cosine) // 10, 1)
    top = -np.sort(-cosine, axis=0)[:keep]
    valid = top > -2
    count = np.maximum(valid.sum(0), 1)
    mean = np.where(valid, top, 0).sum(0) / count
    deviation = np.sqrt(np.where(valid, (top - mean) ** 2, 0).sum(0) / count)
    deviation = 0.5 * deviation + 0.5 * deviation.mean() + 0.02
    known = valid.sum(0) / (valid.sum(0) + FEW_STRANGERS)
    mean, deviation = known * mean + (1 - known) * STRANGER[0], known * deviation + (1 - known) * STRANGER[1]
    return mean.astype(np.float32), np.asarray(deviation, np.float32)


def _deviations(cosine: Floats, cohort: tuple[Floats, Floats]) -> Floats:
    """Return by how many deviations `cosine` lies above the strangers', within ±`MOST_DEVIATIONS`; 0 for no voice."""
    above = (cosine - cohort[0]) / cohort[1] * (cosine != 0)
    return np.asarray(np.clip(above, -MOST_DEVIATIONS, MOST_DEVIATIONS), np.float32)


def cohort_cosines(block: Block, voices: Voices, every: int) -> tuple[Floats, Floats]:
    """Return the cosines of every `every`th line, and of its group, with all candidates; -2 for a line's own."""
    rows = np.arange(0, len(block), every)
    mean = unit(voices.mean).T
    own = block.belief[rows, :-1] > 0.1
    group, _ = group_voice(block, rows)
    line = np.where(own, -2, block.direction[rows] @ mean).astype(np.float32)
    return line, np.where(own, -2, unit(group) @ mean).astype(np.float32)


@dataclass(frozen=True)
class Anchors:
    """What voices are compared with besides the series' own: seeds and clips alone, single episodes, strangers.

    reach: `(K,)`, how far the seeds' voices reach towards the true ones (`trust`). usual: mean log seconds of the seeds
    that candidates have.
    """

    seeds: Voices
    prototypes: Prototypes
    cohort: Cohort
    reach: Floats
    usual: float = 0.0

    def among(self, cast: NDArray[np.int64]) -> Anchors:
        """Return what some of the candidates are compared with."""
        some = (self.seeds.among(cast), self.prototypes.among(cast), self.cohort.among(cast), self.reach[cast])
        return Anchors(*some, self.usual)


def planes(block: Block, voices: Voices, anchors: Anchors, seeded: Floats, away: Voices | None) -> Planes:
    """Yield the voice evidence of a block's single lines.

    away: the voices in all other episodes; None when nothing but seeds is believed yet. seeded: `(n, K)` mass
    that each line itself put into the voices of the seeds, taken out again.
    """
    seeds, cohort = anchors.seeds, anchors.cohort
    own = voice_mass(block.belief[:, :-1], block.clarity)
    cosine = voices.cosine(block.voice, own)
    yield "voice.series", _with_else(_ratio(voices, block, own))
    yield "voice.cosine", _with_best(cosine)
    yield "voice.norm", _with_best(_deviations(cosine, cohort.line))
    yield "voice.unheard", _with_else((voices.mass - own < 0.2).astype(np.float32))
    reach = anchors.reach
    anchored = seeds.cosine(block.voice, seeded)
    yield "voice.seed", _with_best(anchored)
    yield "voice.seed_even", _with_best(_even(anchored, reach))
    yield "voice.seed_trust", _with_else(np.broadcast_to(reach, own.shape))
    share = np.where(seeds.mass > 0, np.log(seeds.mass + 1) - anchors.usual, 0)
    yield "voice.seed_mass", _with_else(np.broadcast_to(share.astype(np.float32), own.shape))
    if away is not None:
        yield from _episode_planes(block, voices, own)
        yield from _away_planes(block, away)


def _ratio(voices: Voices, block: Block, own: Floats) -> Floats:
    return np.clip(voices.log_ratio(block.voice, block.noise_class, own), -MOST_RATIO, MOST_RATIO)


def _episode_planes(block: Block, voices: Voices, own: Floats) -> Planes:
    mass = own.sum(0) + LOCAL_STRENGTH
    mean = (own.T @ block.voice + LOCAL_STRENGTH * voices.mean) / mass[:, None]
    heard = np.where(voices.mass > 0, mass, 0)
    local = replace(voices, mean=mean.astype(np.float32), mass=heard.astype(np.float32))
    cosine = local.cosine(block.voice, own)
    yield "voice.episode", _with_else(_ratio(local, block, own))
    yield "voice.episode_cosine", _with_best(cosine)


def _away_planes(block: Block, away: Voices) -> Planes:
    cosine = away.plain_cosine(block.voice)
    yield "voice.away", _with_best(cosine)
    yield "voice.away_trust", _with_else(np.broadcast_to(trust(away.mass), cosine.shape))
    yield "voice.away_unheard", _with_else(np.broadcast_to((away.mass < 0.2).astype(np.float32), cosine.shape))


def away_from(block: Block, voices: Voices) -> Voices:
    """Return the candidates' voices in all other episodes."""
    own = voice_mass(block.belief[:, :-1], block.clarity)
    mass = np.maximum(voices.mass - own.sum(0), 0)
    mean = (voices.mean * voices.mass[:, None] - own.T @ block.voice) / np.maximum(mass, 0.2)[:, None]
    return replace(voices, mean=mean.astype(np.float32), mass=mass.astype(np.float32))


@dataclass(frozen=True)
class Together:
    """Voices of several lines each, under a name. voice: `(m, d)`, seconds: `(m,)` log seconds of them.

    of: `(n,)` which of them each line is given, None where each line has its own. number: of the block, where they are
    compared with the candidates' voices in single episodes too.
    """

    name: str
    voice: Floats
    seconds: Floats
    of: NDArray[np.integer] | None = None
    number: int | None = None


def together_planes(one: Together, anchors: Anchors, away: Voices | None) -> Planes:
    """Yield voices of several lines against the candidates' voices in all other episodes, and as seeds.

    away: None when nothing but seeds is believed yet.
    """
    for name, plane in _together(one, anchors, away):
        yield f"voice.{one.name}{name}", plane if one.of is None else plane[one.of]


def _together(one: Together, anchors: Anchors, away: Voices | None) -> Planes:
    if away is not None:
        cosine = away.plain_cosine(one.voice)
        yield "", _with_best(cosine)
        yield "_even", _with_best(_even(cosine, trust(away.mass)))
        yield "_norm", _with_best(_deviations(cosine, anchors.cohort.group))
        yield "_size", np.asarray(_with_best(cosine) * one.seconds[:, None], np.float32)
        if one.number is not None:
            yield "_prototype", _with_best(anchors.prototypes.best(unit(one.voice), one.number))
    seeded = anchors.seeds.plain_cosine(one.voice)
    yield "_seed", _with_best(seeded)
    yield "_seed_even", _with_best(_even(seeded, anchors.reach))
    alone = np.zeros((len(one.voice), seeded.shape[1] + 1), np.float32)
    alone[:, -1] = one.seconds
    yield "_mass", alone


def group_voice(block: Block, rows: NDArray[np.int64] | None = None) -> tuple[Floats, Floats]:
    """Return each line's voice averaged with those that sound like it, and log seconds of that group."""
    at = np.arange(len(block)) if rows is None else rows
    weight = voice_weight(block.clarity)
    kernel = np.maximum(block.alike[at] - GROUP_COSINE, 0) ** 2 * weight
    kernel[np.arange(len(at)), at] = 0.1 * weight[at]
    seconds = kernel.sum(1) / 0.05
    return np.asarray(kernel @ block.direction, np.float32), np.asarray(np.log1p(seconds), np.float32)


def _with_else(plane: Floats) -> Floats:
    return np.hstack([plane, np.zeros((len(plane), 1), np.float32)])


def _with_best(plane: Floats) -> Floats:
    """Return the plane with the best candidate's value under someone else: a voice that fits nobody is a guest's."""
    return np.hstack([plane, plane.max(1, keepdims=True, initial=-1.0)])
