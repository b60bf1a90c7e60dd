"""The lines of a series as the naming engine wants them: columns, built shard by shard so that memory stays small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.input.cast import name_index, name_key
from audiorole.dataset.names.faces import SeriesFaces
from audiorole.dataset.subtitles.marks.names import is_label
from audiorole.naming import NO_SEED, SEED_KINDS, SOMEONE_ELSE, SeriesLines
from audiorole.types import Cast, Cue, Utterance
from audiorole.types.ids import rows_of
from audiorole.types.plain import Array

RELIABILITY = {"sdh": 0.97, "ass": 0.98, "script": 0.95}
"""How often such a name is taken to be right: priors set by hand, not measured."""

STICKY_RELIABILITY = 0.85
"""A name carried over from an earlier line."""


def given_names(lines: Iterable[Utterance]) -> Counter[str]:
    """Return the names that cues give, with the number of lines that have them."""
    return Counter(line.cue.speaker for line in lines if line.cue and line.cue.speaker)


GROWTH = 8
"""A column that is full gets an eighth more: it never lies in memory twice, and little of it is empty."""


class _Column:
    """A column that grows in place, `(n, ...)`."""

    def __init__(self, first: Array) -> None:
        self._rows, self._used = np.zeros_like(first), 0
        self.add(first)

    def add(self, rows: Array) -> None:
        """Append rows."""
        end = self._used + len(rows)
        if end > len(self._rows):
            self._resize(end + end // GROWTH)
        self._rows[self._used : end] = rows
        self._used = end

    def finish(self) -> Array:
        """Return the rows."""
        self._resize(self._used)
        return self._rows

    def _resize(self, length: int) -> None:
        self._rows.resize((length, *self._rows.shape[1:]), refcheck=False)


@dataclass
class Columns:
    """Collects the columns of a series; `finish` gives them to the engine. labels: of a diarizer, in the cues."""

    cast: Cast
    shards: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    parts: dict[str, _Column] = field(default_factory=dict)
    faces: SeriesFaces = field(default_factory=SeriesFaces)
    labels: set[str] = field(default_factory=set)

    def add(
        self,
        shard: str,
        lines: Sequence[Utterance],
        voices: Array,
        saved: NDArray[np.int32],
        faces: Mapping[str, Array],
        use_cues: bool,
    ) -> None:
        """Add one episode.

        voices: `(num_saved, dimension)`, saved: the line numbers of its rows. faces: arrays of the stage `faces`.
        """
        index = name_index(self.cast.character)
        rows = rows_of(lines, saved)
        embedding = np.where((rows >= 0)[:, None], voices[np.maximum(rows, 0)], 0) if len(voices) else voices[:0]
        seeds = [_seed(line.cue if use_cues else None, index) for line in lines]
        self._put("embedding", embedding.astype(np.float16))
        self._put("start", np.array([line.start for line in lines], dtype=np.float64))
        self._put("end", np.array([line.end for line in lines], dtype=np.float64))
        self._put("episode", np.full(len(lines), len(self.shards), dtype=np.int32))
        self._put("seed", np.array([seed for seed, _, _ in seeds], dtype=np.int32))
        self._put("seed_reliability", np.array([sure for _, sure, _ in seeds], dtype=np.float32))
        self._put("seed_kind", np.array([kind for _, _, kind in seeds], dtype=np.int32))
        self._put("cue", np.array(list(_dash_cues(lines)), dtype=np.int32))
        self._put("italic", np.array([bool(x.cue and x.cue.italic) for x in lines], dtype=np.bool_))
        self._put("overlap", np.array([x.speech.overlap_share if x.speech else 0 for x in lines], dtype=np.float32))
        self.faces.add(lines, faces)
        self.labels.update(x.cue.label for x in lines if use_cues and x.cue and is_label(x.cue.label))
        self.texts += [line.text for line in lines]
        self.ids += [line.id for line in lines]
        self.shards.append(shard)
        self.counts.append(len(lines))

    def _put(self, name: str, column: Array) -> None:
        if name in self.parts:
            self.parts[name].add(column)
        else:
            self.parts[name] = _Column(column)

    def finish(self) -> SeriesLines:
        """Return the columns."""
        joined: dict[str, Any] = {name: column.finish() for name, column in self.parts.items()}
        return SeriesLines(text=self.texts, faces=self.faces.finish(), **joined)

    def slices(self) -> Iterator[tuple[str, slice]]:
        """Yield (shard, its rows)."""
        edges = np.concatenate([[0], np.cumsum(self.counts)])
        for place, shard in enumerate(self.shards):
            yield shard, slice(int(edges[place]), int(edges[place + 1]))


def _seed(cue: Cue | None, index: dict[str, int]) -> tuple[int, float, int]:
    """Return (candidate, reliability, kind) of what the cue says; a name outside the cast is someone else."""
    if cue is None or not cue.speaker:
        return NO_SEED, 1.0, 0
    sure = STICKY_RELIABILITY if cue.sticky else RELIABILITY.get(cue.speaker_source, 0.9)
    kind = cue.speaker_source if cue.speaker_source in SEED_KINDS else "other"
    return index.get(name_key(cue.speaker), SOMEONE_ELSE), sure, SEED_KINDS.index(kind)


def _dash_cues(lines: Sequence[Utterance]) -> Iterator[int]:
    """Yield the number of the dash cue that a line was split out of, -1 for others."""
    for line in lines:
        yield line.cue.index if line.cue and line.cue.dash and line.cue.parts > 1 else -1
