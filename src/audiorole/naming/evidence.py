"""One round's knowledge: everything that beliefs over the whole series teach, and the planes that it gives a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audiorole.naming import context, faces, linked, near, pooled, speakers, text, voice_cues
from audiorole.naming.block import Block, Planes
from audiorole.naming.clarity import NUM_CLASSES, clarity, clarity_class, voice_weight
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.links import Links
from audiorole.naming.tables import SeriesTables, seed_mass
from audiorole.naming.voice_cues import Prototypes, Together, voice_mass
from audiorole.naming.voices import (
    VoiceMoments,
    Voices,
    fit_space,
    levelled,
)

TYPICAL_NOISE = np.array([21, 15, 10, 6.4, 3.7, 2.0, 1.15, 0.65], np.float32)
"""Noise by class of clarity c before anything is named: (1 - c^2) / c^2, against its weighted mean of 1.9."""

SURE = 0.8
"""Belief from which a line may shape the voice space. A guest half believed to be a cast member would otherwise pass
for that member's noise, and the direction in which the two differ would be whitened away."""


LEADS = ("", "_norm", "_seed", "_prototype")
"""Of the voices of several lines: what counts as a gap too."""

GAPPED = {
    "voice.cosine",
    "voice.norm",
    "voice.seed",
    "voice.episode_cosine",
    "near.best",
    "near.sharp",
    "near.soft",
    "near.recent",
    "near.kin",
    *(f"voice.{several}{what}" for several in ("group", "kin", *speakers.LEVELS) for what in LEADS),
    *(f"near.{level}{what}" for level in speakers.LEVELS for what in ("", "_first")),
    *(f"face.{level}_start" for level in speakers.LEVELS),
    "face.size",
    "face.links",
    "cast.20s",
}
"""Planes that also count as gaps: a softmax sees differences only, this lets a clear winner win by more."""

COHORT_LINES = 3000
"""Lines sampled from the whole series as strangers to compare with."""


@dataclass(frozen=True)
class Evidence:
    """What one round knows: voices of all beliefs, of seeds alone and of single episodes, words, faces."""

    tables: SeriesTables
    voices: Voices
    anchors: voice_cues.Anchors
    prior: Floats
    words: text.WordView | None
    edges: text.EdgeView | None
    faces: faces.FaceEvidence | None
    kin: linked.KinWeights | None

    @classmethod
    def gather(
        cls, tables: SeriesTables, belief: NDArray[np.floating], kin: linked.KinWeights | None = None
    ) -> Evidence:
        """Learn from `belief` `(N, K + 1)`: probabilities of the round before, zero rows where nothing is believed.

        kin: how to tell which lines have one speaker; without it nothing is said of kin.
        """
        lines = tables.lines
        voices = fit_voices(tables, belief)
        anchors = _anchors(tables, belief, voices)
        total = belief.sum(0, dtype=np.float64)
        prior = ((total + 0.5) / (total.sum() + 0.5 * len(total))).astype(np.float32)
        words = edges = None
        if tables.words is not None and tables.edges is not None:
            edges = text.EdgeView.gather(*tables.edges, belief, lines.episode)
            words = text.WordView.gather(tables.words, belief)
        seen = None
        if lines.faces is not None:
            seen = faces.FaceEvidence.gather(lines.faces, tables.face_owner, belief)
        return cls(tables, voices, anchors, prior, words, edges, seen, kin)

    def blocks(self, belief: NDArray[np.floating]) -> Iterator[Block]:
        """Yield the series block by block, voices projected."""
        lines = self.tables.lines
        for rows in lines.blocks():
            voice = self.voices.space.project(lines.embedding[rows], lines.clarity[rows])
            yield Block.of(lines, rows, voice, belief[rows].astype(np.float32))

    def links(self, block: Block) -> Links:
        """Return what links the lines of the block to the lines they are read with."""
        return Links.of(block, self.tables.lines, None if self.edges is None else self.edges.odds(block))

    def planes(self, block: Block, number: int, first: bool = False) -> Planes:
        """Yield all planes, those of `GAPPED` also as gaps: by how much the best candidate beats the second."""
        for name, plane in self._planes(block, number, first):
            yield name, plane
            if name in GAPPED:
                yield f"{name}_gap", _gap(plane)

    def _planes(self, block: Block, number: int, first: bool) -> Planes:
        """Yield all planes of a block, starting with the constant `bias`.

        first: seeds are all that is believed; neighbours and casts would say which lines were seeded, not who speaks.
        """
        lines = self.tables.lines
        yield "bias", np.ones_like(block.belief)
        seeded = seed_mass(lines, block.rows, self.tables.num_candidates)
        yield from voice_cues.planes(block, self.voices, self.anchors, seeded, first)
        kin, heard = self._kin(block, number)
        if not first:
            yield from self._company_planes(block, kin, heard)
        for one in _together(block, number, kin, heard, first):
            yield from voice_cues.together_planes(one, block, self.voices, self.anchors, first)
        if self.faces is not None:
            yield from self._face_planes(block, kin, heard)
        if self.words is not None and self.tables.mentions is not None:
            yield from text.planes(block, self.words, self.tables.mentions, lines.episode)
        if self.tables.several is not None:
            yield "text.several", text.several_plane(block, self.tables.several)

    def _kin(self, block: Block, number: int) -> tuple[linked.Kin | None, list[speakers.Speakers]]:
        """Return the kin of the block's lines and its speakers; nothing where it is not known how to tell."""
        if self.kin is None:
            return None, []
        known = self.tables.heard
        if number not in known:
            known[number] = speakers.Heard.of(block, self.links(block), self.kin)
        heard = known[number]
        return linked.Kin(block, heard.index, heard.sign), speakers.Speakers.all_levels(block, heard.speaker)

    def _company_planes(self, block: Block, kin: linked.Kin | None, heard: list[speakers.Speakers]) -> Planes:
        """Yield what is believed of other lines: those that sound alike, those around, kin, the speaker's."""
        yield from near.planes(block)
        first = None if self.tables.first is None else self.tables.first[block.rows].astype(np.float32)
        if first is not None:
            yield from pooled.first_planes(block, first)
        if kin is not None:
            yield from kin.belief_planes()
        if kin is not None and first is not None:
            yield from kin.first_planes(first)
        for one in heard:
            yield from one.belief_planes()
            if first is not None:
                yield from one.first_planes(first)
        yield from context.cast_planes(block, self.prior)
        change = None if self.edges is None else self.edges.odds(block)
        yield from context.turn_planes(block, self.tables.lines, change)

    def _face_planes(self, block: Block, kin: linked.Kin | None, heard: list[speakers.Speakers]) -> Planes:
        """Yield the faces at the line, and those at lines that sound like it or are kin."""
        assert self.faces is not None
        italic = self.tables.lines.italic
        seen = dict(faces.planes(block, self.faces, None if italic is None else italic[block.rows]))
        yield from seen.items()
        around = pooled.seen_around(block, seen["face.shown"])
        yield from pooled.face_planes(block, seen["face.shown"], seen["face.alone"], seen["face.start_alone"], around)
        if kin is not None:
            yield from kin.face_planes(seen)
        for one in heard:
            yield from one.face_planes(seen, around)


def _together(
    block: Block, number: int, kin: linked.Kin | None, heard: list[speakers.Speakers], first: bool
) -> Iterator[Together]:
    """Yield the voices of several lines: of speakers and kin, or of lines that sound alike where nobody knows those."""
    if kin is not None:
        yield Together("kin", *kin.voice())
    elif not first:
        yield Together("group", *voice_cues.group_voice(block), number=number)
    for one in heard:
        yield Together(one.name, *one.voices(), of=one.of, number=number)


def _gap(plane: Floats) -> Floats:
    """Return the best candidate's lead over the second, for that candidate and for someone else; 0 for all others."""
    out = np.zeros_like(plane)
    if plane.shape[1] > 2:
        cast = plane[:, :-1].copy()
        rows, best = np.arange(len(cast)), cast.argmax(1)
        first = cast[rows, best]
        cast[rows, best] = -np.inf
        out[rows, best] = out[:, -1] = first - cast.max(1)
    return out


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
        clear = _clip_clarity(tables)
        for some in (moments, sure):
            some.add(levelled(references.embedding, tables.mean, clear), one * voice_weight(clear)[:, None])
    space = fit_space(sure, tables.mean, tables.covariance)
    voices = Voices(space, (moments.means() @ space.projection).astype(np.float32), moments.mass.astype(np.float32))
    return replace(voices, space=replace(space, noise=_noise(lines, belief, voices)))


def _clip_clarity(tables: SeriesTables) -> Floats:
    """Return how much of a voice each reference clip holds."""
    clips = tables.references
    norm = np.linalg.norm(clips.embedding.astype(np.float32), axis=1)
    return clarity(clips.duration, norm, tables.lines.typical_norm)


def _anchors(tables: SeriesTables, belief: NDArray[np.floating], voices: Voices) -> voice_cues.Anchors:
    """Return the voices of seeds and clips alone, the candidates' voices in single episodes, and the strangers'."""
    lines, references, size = tables.lines, tables.references, tables.num_candidates
    one = np.eye(size + 1, dtype=np.float32)
    seed_total, mass = np.zeros((size, voices.mean.shape[1]), np.float32), np.zeros(size, np.float32)
    totals, masses, line, group = [], [], [], []
    every = max(1, len(lines) // COHORT_LINES)
    for rows in lines.blocks():
        voice = voices.space.project(lines.embedding[rows], lines.clarity[rows])
        block = Block.of(lines, rows, voice, belief[rows].astype(np.float32))
        one_line, one_group = voice_cues.cohort_cosines(block, voices, every)
        line.append(one_line)
        group.append(one_group)
        own = voice_mass(belief[rows, :-1].astype(np.float32), lines.clarity[rows])
        totals.append(own.T @ voice)
        masses.append(own.sum(0))
        weight = seed_mass(lines, rows, size)
        seed_total += weight.T @ voice
        mass += weight.sum(0)
    if len(references):
        weight = one[references.candidate][:, :-1] * voice_weight(_clip_clarity(tables))[:, None]
        seed_total += weight.T @ voices.space.project(references.embedding, _clip_clarity(tables))
        mass += weight.sum(0)
    mean = np.asarray(seed_total / np.maximum(mass, 1e-6)[:, None], np.float32)
    cohort = voice_cues.Cohort.gather(line, group)
    return voice_cues.Anchors(Voices(voices.space, mean, mass), Prototypes.gather(totals, masses), cohort)


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
        square += np.bincount(kind, (residual**2).mean(1) * loose, minlength=NUM_CLASSES)
        count += np.bincount(kind, minlength=NUM_CLASSES)
    prior = 100.0
    return ((square + prior * TYPICAL_NOISE) / (count + prior)).astype(np.float32)
