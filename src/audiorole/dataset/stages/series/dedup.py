"""Dedup: lines whose recording was heard before in an earlier episode: recaps, openings, reruns.

Fingerprint words that fall on speech are sorted once for the series; a word is linked to its first occurrence, and a
line whose links agree on one earlier place is compared there word by word. Time and memory grow with the hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from audiorole.audio.fingerprint import Words, bit_error_rate
from audiorole.audio.measures import FRAME_RATE
from audiorole.pipeline.stage import Outcome, SeriesContext, SeriesStage
from audiorole.types import Record, Utterance

WORD_BITS = np.uint64(32)
"""An index entry is one number: the word above, its place below. A place counts frames from the start of the series."""

Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Dedup(SeriesStage):
    """max_bit_error: of the words of a line against an earlier place; unrelated audio has 0.5, the same one at most 0.1
    before it is mixed anew; 0.35 is Haitsma & Kalker's threshold. min_links: words that must agree on the place.

    sample: one word in `sample` is indexed, chosen by its own bits.
    """

    name: ClassVar[str] = "dedup"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("listen",)
    cost: ClassVar[float] = 0.0004
    max_bit_error: float = 0.35
    min_links: int = 2
    sample: Annotated[int, Meta(ge=1)] = 2

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield the lines, those heard before with `duplicate_of`."""
        bases = _bases(context)
        index = self._index(context, bases)

        @lru_cache(maxsize=16)
        def words_of(number: int) -> Words:
            return np.asarray(context.array(context.shards[number], "listen", "fingerprint"))

        @lru_cache(maxsize=16)
        def lines_of(number: int) -> list[Utterance]:
            return list(context.read(context.shards[number], Utterance))

        for number, shard in enumerate(context.shards):
            search = _Search(bases, number, words_of, lines_of, self)
            links = self._links(words_of(number), bases[number], index)
            yield shard, (search.marked(line, *links) for line in context.read(shard, Utterance))

    def _index(self, context: SeriesContext, bases: NDArray[np.int64]) -> Keys:
        """Return the sorted index with the first place of every word."""
        parts: list[Keys] = []
        for number, shard in enumerate(context.shards):
            words, frames = self._sampled(context.array(shard, "listen", "fingerprint"))
            parts.append((words.astype(np.uint64) << WORD_BITS) | (frames + bases[number]).astype(np.uint64))
            if len(parts) >= 64:  # fold, so that repeats do not pile up
                parts = [_first(parts)]
        return _first(parts)

    def _sampled(self, fingerprint: Words) -> tuple[Words, NDArray[np.int64]]:
        """Return the words that are indexed and their frames; words of silence or steady tones say nothing."""
        ones = np.bitwise_count(fingerprint)
        mixed = (fingerprint * np.uint32(2654435761)) >> np.uint32(16)
        frames = np.flatnonzero((ones >= 6) & (ones <= 26) & (mixed % np.uint32(self.sample) == 0))
        return fingerprint[frames], frames.astype(np.int64)

    def _links(self, fingerprint: Words, base: int, index: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (frame here, place there) of the words that occur first in an earlier episode."""
        words, frames = self._sampled(fingerprint)
        if not len(words):
            return frames, frames
        entry = index[np.searchsorted(index, words.astype(np.uint64) << WORD_BITS)]
        there = (entry & np.uint64(0xFFFFFFFF)).astype(np.int64)
        earlier = there < base
        return frames[earlier], there[earlier]


@dataclass(frozen=True)
class _Search:
    """Compare the lines of one episode with the places that their words link to."""

    bases: NDArray[np.int64]
    number: int
    words_of: Callable[[int], Words]
    lines_of: Callable[[int], list[Utterance]]
    how: Dedup

    def marked(self, line: Utterance, frames: NDArray[np.int64], there: NDArray[np.int64]) -> Utterance:
        first, last = round(line.start * FRAME_RATE), round(line.end * FRAME_RATE)
        inside = slice(*np.searchsorted(frames, [first, last]))
        shift = _agreed(there[inside] - frames[inside], self.how.min_links)
        if shift is None:
            return line
        episode = int(np.searchsorted(self.bases, shift + first, side="right")) - 1
        begin = shift + first - int(self.bases[episode])
        here, earlier = self.words_of(self.number)[first:last], self.words_of(episode)[begin : begin + last - first]
        if episode >= self.number or len(earlier) < len(here):
            return line
        if bit_error_rate(here, earlier) > self.how.max_bit_error:
            return line
        return self._original(line, episode, begin / FRAME_RATE)

    def _original(self, line: Utterance, episode: int, start: float) -> Utterance:
        """Name the earlier line, or the place where no line was made of it."""
        found = _line_at(self.lines_of(episode), start, start + line.duration)
        return msgspec.structs.replace(line, duplicate_of=found or f"earlier episode, at {start:.1f} s")


def _bases(context: SeriesContext) -> NDArray[np.int64]:
    """Return the place of the first frame of every shard."""
    lengths = [len(context.array(shard, "listen", "fingerprint")) for shard in context.shards]
    return np.concatenate([[0], np.cumsum(lengths)])[:-1].astype(np.int64)


def _first(parts: list[Keys]) -> Keys:
    keys = np.concatenate(parts)
    keys.sort()
    words = keys >> WORD_BITS
    keep = np.ones(len(keys), dtype=bool)
    keep[1:] = words[1:] != words[:-1]
    return keys[keep]


def _agreed(shifts: NDArray[np.int64], least: int) -> int | None:
    """Return the shift that most links agree on, give or take a frame; None where fewer than `least` do."""
    if len(shifts) < least:
        return None
    values, counts = np.unique(shifts, return_counts=True)
    support = counts.copy()
    close = np.diff(values) == 1
    support[1:][close] += counts[:-1][close]
    support[:-1][close] += counts[1:][close]
    best = int(np.argmax(support))
    return int(values[best]) if support[best] >= least else None


def _line_at(lines: Sequence[Utterance], start: float, end: float) -> str:
    """Return the id of the line that shares most time with `[start, end)`."""
    shared = [(min(line.end, end) - max(line.start, start), line.id) for line in lines]
    most, identity = max(shared, default=(0.0, ""))
    return identity if most > 0 else ""
