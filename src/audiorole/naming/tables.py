"""What never changes while a series is named: statistics of all voices, words, names, whose face is whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audiorole.naming.block import present
from audiorole.naming.cues.pace import Pace
from audiorole.naming.cues.text import edge_words
from audiorole.naming.cues.wording import Said, Wording, name_keys
from audiorole.naming.kin.speakers import Heard
from audiorole.naming.lines import FaceColumns, Floats, ReferenceVoices, SeriesLines
from audiorole.naming.voices.clarity import clarity, voice_weight
from audiorole.naming.voices.mean import mean_voice
from audiorole.naming.voices.model import levelled
from audiorole.naming.voices.prior import VoicePrior
from audiorole.types import Character


@dataclass
class SeriesTables:
    """What never changes between rounds: the mean and covariance of all voices, words, names, face owners.

    edges: how lines begin and the ones before ended.
    first: `(N, K + 1)` beliefs of the first round, once it is over: what seeds alone say, never talked round.
    prior: what is known of the embedder before the series is heard.
    heard: by block, who are kin and which lines have one speaker: before the first round and once more after it.
    """

    lines: SeriesLines
    references: ReferenceVoices
    num_candidates: int
    mean: Floats
    covariance: NDArray[np.float64]
    wording: Wording | None
    edges: sparse.csr_matrix | None
    pace: Pace | None
    face_owner: NDArray[np.int64]
    prior: VoicePrior
    first: NDArray[np.float16] | None = None
    heard: dict[int, Heard] = field(default_factory=dict)

    def cast_of(self, rows: slice, belief: Floats) -> NDArray[np.int64] | None:
        """Return who may be in a block, None for everybody. belief: `(n, K + 1)` of the block.

        The cast is narrowed once the first round is over.
        """
        if self.first is None:
            return None
        return present(belief, self.lines.seeds[rows])

    @classmethod
    def build(
        cls, lines: SeriesLines, cast: Sequence[Character], references: ReferenceVoices, prior: VoicePrior
    ) -> SeriesTables:
        """Read the series once."""
        mean = mean_voice(lines, prior)
        wording = _wording(lines, [name_keys(c.name, c.aliases) for c in cast]) if len(lines.text) else None
        pace = None if wording is None else Pace.of(lines, wording)
        edges = None if wording is None else edge_words(wording.begins, wording.ends, lines.episode)
        read = (mean, _covariance(lines, mean), wording, edges, pace, face_candidates(lines.faces, cast))
        return cls(lines, references, len(cast), *read, prior)


def read_once(lines: SeriesLines, cast: Sequence[Character]) -> SeriesLines:
    """Return the lines with their text read, for whoever names them again with other seeds and the same cast."""
    forms = set().union(*(name_keys(c.name, c.aliases) for c in cast))
    return replace(lines, said=Said.read(lines.text, forms))


def _wording(lines: SeriesLines, names: Sequence[set[str]]) -> Wording:
    said = lines.said
    if said is None or not set().union(*names) <= set(said.forms):
        return Wording.read(lines.text, names)
    return said.by(names)


def _covariance(lines: SeriesLines, mean: Floats) -> NDArray[np.float64]:
    """Return the covariance `(D, D)` of all levelled voices."""
    square, mass = 1e-6 * np.eye(lines.embedding.shape[1]), 1e-6
    for rows in lines.blocks():
        part = levelled(lines.embedding[rows], mean, lines.clarity[rows])
        weight = voice_weight(lines.clarity[rows]) * np.any(part != 0, axis=1)
        square += (part * weight[:, None]).T @ part
        mass += float(weight.sum())
    return np.asarray(square / mass)


def face_candidates(faces: FaceColumns | None, cast: Sequence[Character]) -> NDArray[np.int64]:
    """Return the candidate of each face name, -1 for clusters and people outside the cast."""
    if faces is None:
        return np.zeros(0, np.int64)
    known = {form.casefold(): i for i, c in reversed(list(enumerate(cast))) for form in (*c.aliases, c.name)}
    return np.array([known.get(name.casefold(), -1) for name in faces.names], np.int64)


def clip_clarity(tables: SeriesTables) -> Floats:
    """Return how much of a voice each reference clip holds."""
    clips = tables.references
    norm = np.linalg.norm(clips.embedding.astype(np.float32), axis=1)
    return clarity(clips.duration, norm, tables.lines.typical_norm)


def seed_mass(lines: SeriesLines, rows: slice, size: int) -> Floats:
    """Return `(n, K)` what each line adds to the candidates' voices as a seed: seconds times reliability."""
    out = np.zeros((rows.stop - rows.start, size), np.float32)
    seed = lines.seeds[rows]
    at = np.flatnonzero(seed >= 0)
    out[at, seed[at]] = voice_weight(lines.clarity[rows][at]) * lines.reliability[rows][at]
    return out
