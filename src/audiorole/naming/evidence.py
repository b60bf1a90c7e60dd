"""One round's knowledge: everything that beliefs over the whole series teach, and the planes that it gives a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import Block, Planes
from audiorole.naming.cues import context, faces, near, pooled, same_person, text
from audiorole.naming.cues import voice as voice_cues
from audiorole.naming.cues.voice import Together
from audiorole.naming.kin import linked, speakers
from audiorole.naming.kin.links import Links
from audiorole.naming.lines import Floats
from audiorole.naming.tables import SeriesTables, seed_mass
from audiorole.naming.voices.model import Voices
from audiorole.naming.voices.series import fit_anchors, fit_voices

LEADS = ("", "_norm", "_seed", "_prototype")
"""Of the voices of several lines: what counts as a gap too."""

GAPPED = {
    "voice.cosine",
    "voice.norm",
    "voice.seed",
    "voice.episode_cosine",
    "voice.same_seed",
    "voice.same",
    *(f"voice.{level}_{what}" for level in speakers.LEVELS for what in ("same_seed", "same")),
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


class ReadTogether(NamedTuple):
    """The other lines that a block's lines are read with: those that sound alike, kin, and the same speaker's.

    kin, speakers: none where it is not known how to tell lines of one speaker.
    """

    twins: pooled.Twins
    kin: linked.Kin | None
    speakers: list[speakers.Speakers]


@dataclass(frozen=True)
class RoundEvidence:
    """What one round knows: voices of all beliefs, of seeds alone and of single episodes, words, faces."""

    tables: SeriesTables
    voices: Voices
    anchors: voice_cues.Anchors
    same: same_person.SamePerson
    prior: Floats
    words: text.WordView | None
    edges: text.EdgeView | None
    faces: faces.FaceEvidence | None
    kin: linked.KinWeights | None

    @classmethod
    def gather(
        cls, tables: SeriesTables, belief: NDArray[np.floating], kin: linked.KinWeights | None = None
    ) -> RoundEvidence:
        """Learn from `belief` `(N, K + 1)`: probabilities of the round before, zero rows where nothing is believed.

        kin: how to tell which lines have one speaker; without it nothing is said of kin.
        """
        lines = tables.lines
        voices = fit_voices(tables, belief)
        anchors = fit_anchors(tables, belief, voices)
        same = same_person.SamePerson.gather(tables, belief)
        total = belief.sum(0, dtype=np.float64)
        prior = ((total + 0.5) / (total.sum() + 0.5 * len(total))).astype(np.float32)
        words = edges = None
        if tables.wording is not None and tables.edges is not None:
            edges = text.EdgeView.gather(tables.edges, belief, lines.episode)
            words = text.WordView.gather(tables.wording.words, belief)
        seen = None
        if lines.faces is not None:
            seen = faces.FaceEvidence.gather(lines.faces, tables.face_owner, belief)
        return cls(tables, voices, anchors, same, prior, words, edges, seen, kin)

    def blocks(self, belief: NDArray[np.floating]) -> Iterator[Block]:
        """Yield the series block by block, voices projected; with those who may be in it (`SeriesTables.cast_of`)."""
        lines = self.tables.lines
        for rows in lines.blocks():
            voice = self.voices.space.project(lines.embedding[rows], lines.clarity[rows])
            believed = belief[rows].astype(np.float32)
            yield Block.of(lines, rows, voice, believed, self.tables.cast_of(rows, believed))

    def links(self, block: Block) -> Links:
        """Return what links the lines of the block to the lines they are read with."""
        return Links.of(block, self.tables.lines, None if self.edges is None else self.edges.odds(block))

    def planes(self, block: Block, number: int, first: bool = False) -> Planes:
        """Yield all planes, those of `GAPPED` also as gaps: by how much the best candidate beats the second."""
        for name, plane in self._among(block.cast)._planes(block, number, first):
            yield name, plane
            if name in GAPPED:
                yield f"{name}_gap", _gap(plane)

    def _among(self, cast: NDArray[np.int64]) -> RoundEvidence:
        """Return what is known of some of the candidates. What words and faces say is looked up line by line."""
        columns = np.append(cast, -1)
        voices, anchors, same = self.voices.among(cast), self.anchors.among(cast), self.same.among(cast)
        return replace(self, voices=voices, anchors=anchors, same=same, prior=self.prior[columns])

    def _planes(self, block: Block, number: int, first: bool) -> Planes:
        """Yield all planes of a block, starting with the constant `bias`.

        first: seeds are all that is believed; neighbours and casts would say which lines were seeded, not who speaks.
        """
        lines = self.tables.lines
        yield "bias", np.ones_like(block.belief)
        seeded = seed_mass(lines, block.rows, self.tables.num_candidates)[:, block.cast]
        away = None if first else voice_cues.away_from(block, self.voices)
        yield from voice_cues.planes(block, self.voices, self.anchors, seeded, away)
        company = self._company(block, number)
        yield from self.same.planes(block, lines, seeded, company.kin, company.speakers)
        if not first:
            yield from self._belief_planes(block, company)
        for one in _together(block, number, company, first):
            yield from voice_cues.together_planes(one, self.anchors, away)
        if self.faces is not None:
            yield from self._face_planes(block, company)
        if self.words is not None and self.tables.wording is not None:
            yield from text.planes(block, self.words, self.tables.wording, lines.episode)
        if self.tables.pace is not None:
            yield from self.tables.pace.planes(block)

    def _company(self, block: Block, number: int) -> ReadTogether:
        """Return the lines that the block's lines are read with."""
        twins = pooled.Twins(block)
        if self.kin is None:
            return ReadTogether(twins, None, [])
        known = self.tables.heard
        if number not in known:
            known[number] = speakers.Heard.of(block, self.links(block), self.kin)
        heard = known[number]
        kin = linked.Kin(block, heard.index, heard.sign)
        return ReadTogether(twins, kin, speakers.Speakers.all_levels(block, heard.speaker))

    def _belief_planes(self, block: Block, company: ReadTogether) -> Planes:
        """Yield what is believed of other lines, now and in the first round: of the company, and of those around."""
        yield from near.planes(block)
        if company.kin is not None:
            yield from company.kin.belief_planes()
        for one in company.speakers:
            yield from one.belief_planes()
        yield from self._first_planes(block, company)
        yield from context.cast_planes(block, self.prior)
        change = None if self.edges is None else self.edges.odds(block)
        yield from context.turn_planes(block, self.tables.lines, change)

    def _first_planes(self, block: Block, company: ReadTogether) -> Planes:
        if self.tables.first is None:
            return
        first = self.tables.first[block.rows][:, block.columns].astype(np.float32)
        yield from company.twins.first_planes(first)
        if company.kin is not None:
            yield from company.kin.first_planes(first)
        for one in company.speakers:
            yield from one.first_planes(first)

    def _face_planes(self, block: Block, company: ReadTogether) -> Planes:
        """Yield the faces at the line, and those at lines that sound like it or are kin."""
        assert self.faces is not None
        italic = self.tables.lines.italic
        seen = dict(faces.planes(block, self.faces, None if italic is None else italic[block.rows]))
        yield from seen.items()
        around = pooled.seen_around(block, seen["face.shown"])
        yield from company.twins.face_planes(seen, around)
        if company.kin is not None:
            yield from company.kin.face_planes(seen)
        for one in company.speakers:
            yield from one.face_planes(seen, around)


def _together(block: Block, number: int, company: ReadTogether, first: bool) -> Iterator[Together]:
    """Yield the voices of several lines: of speakers and kin, or of lines that sound alike where nobody knows those."""
    if company.kin is not None:
        yield Together("kin", *company.kin.voice())
    elif not first:
        yield Together("group", *voice_cues.group_voice(block), number=number)
    for one in company.speakers:
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
