"""The lines of a series as columns: what the engine is given, and nothing about where it came from.

A column is an array with one entry per line, lines sorted by (episode, start). Candidates are indices into the
cast (`Cast.character`); two negative numbers stand for what the cast does not hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiorole.errors import ConfigError
from audiorole.naming.cues.wording import Said
from audiorole.naming.voices.clarity import clarity

Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

NO_SEED = -1
SOMEONE_ELSE = -2
"""A seed that says: this line belongs to nobody of the cast."""

SEED_KINDS = ("none", "review", "script", "ass", "sdh", "reference", "other", "random")
"""Where a seed came from; the index is what `SeriesLines.seed_kind` holds. random: reviewed, and drawn at random."""

USUAL_LINES = 30
"""Lines that an embedder's ordinary length of a voice counts for against a series' own."""

BLOCK_LINES = 2048
"""Longest run of lines compared pairwise (an hour of dense talk has 1,500); keeps memory and time linear."""


@dataclass(frozen=True)
class FaceColumns:
    """Faces on the picture at each line, largest first, in CSR form.

    pointer: int64 `(N + 1,)`, line i owns entries `pointer[i]:pointer[i + 1]`.
    name: int32 `(F,)` into `names`: a cast member's name (or alias) where a gallery knew the face, any other string
    for an unnamed cluster. score: detector or match score in [0, 1]. share: box area / frame area in [0, 1].
    frames: number of sampled frames that showed the face. at_start, at_end: bool `(F,)`, whether the face is on the
    picture when the line begins, and when it ends; None where that is not known.
    """

    pointer: NDArray[np.int64]
    name: Ints
    score: Floats
    share: Floats
    frames: Ints
    names: tuple[str, ...]
    at_start: Bools | None = None
    at_end: Bools | None = None

    def only(self, kept: Bools) -> FaceColumns:
        """Return the columns with the entries `kept` `(F,)` alone."""
        before = np.concatenate([[0], np.cumsum(kept)])
        columns = {name: getattr(self, name) for name in ("name", "score", "share", "frames", "at_start", "at_end")}
        some = {name: column[kept] for name, column in columns.items() if column is not None}
        return replace(self, pointer=before[self.pointer].astype(np.int64), **some)


@dataclass(frozen=True)
class SeriesLines:
    """All lines of a series, sorted by (episode, start).

    embedding: float16 or float32 `(N, D)`, any D, any scale; a zero row means that no voice could be measured. Keep the
    lengths that the network gave them: a short vector is a voice that was hardly heard.
    start, end: seconds within the episode. episode: int, non-decreasing. text: N strings, may be empty.
    seed: candidate index, `NO_SEED` or `SOMEONE_ELSE`. seed_reliability: probability in (0, 1] that the seed is
    right; 1 fixes the line. seed_kind: index into `SEED_KINDS`, for holding seeds of one kind back.
    cue: lines with the same number (>= 0) were split out of one dash cue: neighbours there differ in speaker. Where the
    column is None, neighbours with the very same span are taken for parts of one cue.
    italic: shown in italics, so off-screen: faces say nothing then. overlap: share of the line during which two people
    talk. scene: int labels; lines of other scenes are not around. None where scenes are unknown. faces: None where
    there is no picture. usual_length: of an ordinary line's embedding, where that is known of the embedder; else 0.
    said: the text as it was read (`tables.read_once`), for lines that are named more than once; None reads it anew.
    """

    embedding: NDArray[np.floating]
    start: Times
    end: Times
    episode: Ints
    text: Sequence[str] = ()
    seed: Ints | None = None
    seed_reliability: Floats | None = None
    seed_kind: Ints | None = None
    cue: Ints | None = None
    italic: Bools | None = None
    overlap: Floats | None = None
    scene: Ints | None = None
    faces: FaceColumns | None = None
    usual_length: float = 0.0
    said: Said | None = None

    def __post_init__(self) -> None:
        for name, length in self._lengths():
            if length != len(self):
                raise ConfigError(f"Column {name!r} has {length} entries for {len(self)} lines.")
        step = np.diff(self.episode.astype(np.int64))
        if np.any(step < 0) or np.any((np.diff(self.start) < 0) & (step == 0)):
            raise ConfigError("Lines must be sorted by (episode, start).")

    def _lengths(self) -> Iterator[tuple[str, int]]:
        yield "start", len(self.start)
        yield "end", len(self.end)
        yield "episode", len(self.episode)
        for name in ("text", "seed", "seed_reliability", "seed_kind", "cue", "italic", "overlap", "scene"):
            column = getattr(self, name)
            if column is not None and not (name == "text" and len(column) == 0):
                yield name, len(column)
        if self.faces is not None:
            yield "faces.pointer", len(self.faces.pointer) - 1

    def __len__(self) -> int:
        return len(self.embedding)

    @cached_property
    def duration(self) -> Floats:
        """Seconds, float32 `(N,)`, never negative."""
        return np.maximum(self.end - self.start, 0.0).astype(np.float32)

    @cached_property
    def norm(self) -> Floats:
        """L2 lengths of the embeddings, float32 `(N,)`."""
        norms = np.zeros(len(self), np.float32)
        for rows in self.blocks():
            norms[rows] = np.linalg.norm(self.embedding[rows].astype(np.float32), axis=1)
        return norms

    @cached_property
    def typical_norm(self) -> float:
        """The median length of the embeddings, zero rows left out, drawn towards `usual_length` in short series."""
        heard = self.norm[self.norm > 0]
        if not self.usual_length:
            return float(np.median(heard)) if len(heard) else 1.0
        own = float(np.log(np.median(heard))) if len(heard) else 0.0
        both = len(heard) * own + USUAL_LINES * np.log(self.usual_length)
        return float(np.exp(both / (len(heard) + USUAL_LINES)))

    @cached_property
    def clarity(self) -> Floats:
        """How much of a voice was heard in each line, float32 `(N,)` (see `clarity.py`)."""
        return clarity(self.duration, self.norm, self.typical_norm)

    @cached_property
    def seeds(self) -> Ints:
        """The seed column, all `NO_SEED` where none was given."""
        return self.seed if self.seed is not None else np.full(len(self), NO_SEED, np.int32)

    @cached_property
    def reliability(self) -> Floats:
        """The reliability column, all 1 where none was given."""
        return self.seed_reliability if self.seed_reliability is not None else np.ones(len(self), np.float32)

    @cached_property
    def shared_cue(self) -> Bools:
        """Return per line whether it and the line before were split out of one cue."""
        shared = np.zeros(len(self), bool)
        if self.cue is not None:
            shared[1:] = (self.cue[1:] == self.cue[:-1]) & (self.cue[1:] >= 0)
        else:
            shared[1:] = (np.diff(self.start) == 0) & (np.diff(self.end) == 0)
        shared[1:] &= np.diff(self.episode) == 0
        return shared

    def with_seeds(self, seed: Ints, reliability: Floats | None = None) -> SeriesLines:
        """Return the same lines with other seeds: how decisions and held-back seeds are applied."""
        return replace(self, seed=seed, seed_reliability=reliability)

    def blocks(self) -> Iterator[slice]:
        """Yield the episodes as slices, long ones cut into at most `BLOCK_LINES` lines."""
        bounds = np.flatnonzero(np.diff(self.episode)) + 1
        for start, stop in zip([0, *bounds.tolist()], [*bounds.tolist(), len(self)], strict=True):
            parts = max(1, -(-(stop - start) // BLOCK_LINES))
            edges = np.linspace(start, stop, parts + 1).astype(int)
            for low, high in itertools.pairwise(edges.tolist()):
                if high > low:
                    yield slice(low, high)


@dataclass(frozen=True)
class ReferenceVoices:
    """Voices that are known but are no lines: clips of `cast.toml`, a gallery.

    embedding: `(R, D)` from the same model as the lines. candidate: int32 `(R,)`. duration: seconds `(R,)`.
    """

    embedding: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    candidate: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    duration: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        if not len(self.embedding) == len(self.candidate) == len(self.duration):
            raise ConfigError("Reference voices need one candidate and one duration per embedding.")

    def __len__(self) -> int:
        return len(self.embedding)
