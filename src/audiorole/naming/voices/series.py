"""What beliefs over the whole series teach about voices: the space they differ in, everybody's voice, strangers'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import Block
from audiorole.naming.cues import voice as voice_cues
from audiorole.naming.cues.prototypes import PrototypeSums
from audiorole.naming.cues.voice import voice_mass
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.tables import SeriesTables, clip_clarity, seed_mass
from audiorole.naming.voices.clarity import NUM_CLASSES, clarity_class, voice_weight
from audiorole.naming.voices.model import VoiceMoments, Voices, fit_space, levelled

TYPICAL_NOISE = np.array([21, 15, 10, 6.4, 3.7, 2.0, 1.15, 0.65], np.float32)
"""Noise by class of clarity c before anything is named: (1 - c^2) / c^2, against its weighted mean of 1.9."""

SURE = 0.8
"""Belief from which a line may shape the voice space. A guest half believed to be a cast member would otherwise pass
for that member's noise, and the direction in which the two differ would be whitened away."""

COHORT_LINES = 3000
"""Lines sampled from the whole series as strangers to compare with."""


def fit_voices(tables: SeriesTables, belief: NDArray[np.floating]) -> Voices:
    """Estimate the voice space and everybody's voice in it from beliefs and reference clips."""
    lines, references = tables.lines, tables.references
    moments, sure = (VoiceMoments.empty(tables.num_candidates, lines.embedding.shape[1]) for _ in range(2))
    for rows in lines.blocks():
        voice = levelled(lines.embedding[rows], tables.mean, lines.clarity[rows])
        believed = belief[rows, :-1].astype(np.float32)
        own = voice_mass(believed, lines.clarity[rows])
        moments.add(voice, own)
        sure.add(voice, own * (believed >= SURE))
    if len(references):
        one = np.eye(tables.num_candidates, dtype=np.float32)[references.candidate]
        clear = clip_clarity(tables)
        for some in (moments, sure):
            some.add(levelled(references.embedding, tables.mean, clear), one * voice_weight(clear)[:, None])
    space = fit_space(sure, tables.mean, tables.covariance)
    voices = Voices(space, (moments.means() @ space.projection).astype(np.float32), moments.mass.astype(np.float32))
    return replace(voices, space=replace(space, noise=_noise(lines, belief, voices)))


def fit_anchors(tables: SeriesTables, belief: NDArray[np.floating], voices: Voices) -> voice_cues.Anchors:
    """Return the voices of seeds and clips alone, the candidates' voices in single episodes, and the strangers'."""
    lines, references, size = tables.lines, tables.references, tables.num_candidates
    one = np.eye(size + 1, dtype=np.float32)
    seed_total, mass = np.zeros((size, voices.mean.shape[1]), np.float32), np.zeros(size, np.float32)
    line, group, episodes, known = [], [], PrototypeSums(), np.zeros(size, np.float32)
    every = max(1, len(lines) // COHORT_LINES)
    for rows in lines.blocks():
        voice = voices.space.project(lines.embedding[rows], lines.clarity[rows])
        block = Block.of(lines, rows, voice, belief[rows].astype(np.float32))
        one_line, one_group = voice_cues.cohort_cosines(block, voices, every)
        line.append(one_line)
        group.append(one_group)
        own = voice_mass(belief[rows, :-1].astype(np.float32), lines.clarity[rows])
        episodes.add(own.T @ voice, own.sum(0))
        weight = seed_mass(lines, rows, size)
        seed_total += weight.T @ voice
        mass += weight.sum(0)
        known += voice_cues.of_one_day(weight)
    if len(references):
        weight = one[references.candidate][:, :-1] * voice_weight(clip_clarity(tables))[:, None]
        seed_total += weight.T @ voices.space.project(references.embedding, clip_clarity(tables))
        mass += weight.sum(0)
        known += weight.sum(0)
    mean = np.asarray(seed_total / np.maximum(mass, 1e-6)[:, None], np.float32)
    cohort = voice_cues.Cohort.gather(line, group)
    usual = float(np.log(mass[mass > 0] + 1).mean()) if np.any(mass > 0) else 0.0
    seeds, reach = Voices(voices.space, mean, mass), voice_cues.trust(known)
    return voice_cues.Anchors(seeds, episodes.finish(), cohort, reach, usual)


def _noise(lines: SeriesLines, belief: NDArray[np.floating], voices: Voices) -> Floats:
    """Return the noise variance per class of clarity from surely named lines, drawn towards `TYPICAL_NOISE`."""
    square, count = np.zeros(NUM_CLASSES), np.zeros(NUM_CLASSES)
    for rows in lines.blocks():
        sure = np.flatnonzero(belief[rows, :-1].max(axis=1) > 0.9)
        if len(sure) == 0:
            continue
        owner = belief[rows, :-1][sure].argmax(axis=1)
        residual = voices.space.project(lines.embedding[rows][sure], lines.clarity[rows][sure]) - voices.mean[owner]
        kind = clarity_class(lines.clarity[rows][sure])
        loose = voices.mass[owner] / np.maximum(voices.mass[owner] - 1, 0.5)
        square += np.bincount(kind, (residual**2).sum(1) / voices.space.weight.sum() * loose, minlength=NUM_CLASSES)
        count += np.bincount(kind, minlength=NUM_CLASSES)
    prior = 100.0
    return ((square + prior * TYPICAL_NOISE) / (count + prior)).astype(np.float32)
