"""Which print a recording is of, at which speed, and roughly where: words of three frames that both have.

A word is three frames, 64 ms apart; at 86 % equal bits one word in 37 is equal in both, thousands in an episode, and
all of them point to the same few offsets. Words of other recordings agree by chance and point anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.prints.bands import FRAME, Levels, Print, print_of

RATES = (1.0, 24000 / 25025, 25025 / 24000, 24 / 25, 25 / 24, 1000 / 1001, 1001 / 1000)
"""Seconds of a copy for a second of the print: the same speed, film (23.976 or 24 frames) shown at 25 and back, and
24 shown as 23.976 and back."""

OTHER_RATES = tuple(round(0.94 + 0.004 * step, 3) for step in range(31))
"""Tried where none of the usual ones surely fits: any speed within 6 %."""

SURE_VOTES, FEW_OFFSETS = 1.0, 6
"""Votes a second, and offsets, of a usual rate that is right; at one that is nearly right a recording falls into
many pieces."""

SHARPENING = tuple(0.002 / 2**halvings for halvings in range(9))
"""Steps by which another rate is moved to where most words agree: to 0.001 %."""

MOST_SHARPENED = 4

PHASES = 2
"""A copy's frames fall between the print's: it is read at two offsets, so that none is further away than 8 ms."""

STEP = 2
"""Frames between the parts of a word."""

COMMONEST = 12
"""A word that occurs more often in a print says nothing of where one is: silence, a long tone."""

LEAST_VOTES = 12
"""Words that must agree on an offset. Unrelated episodes of ten minutes reach 4."""

SPREAD = 0.064
"""Seconds within which offsets are one."""

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class PrintMatch:
    """A print in a recording. votes: words that agree on the first of the offsets.

    offsets: seconds in the recording minus rate times seconds in the print, most votes first.
    """

    name: str
    rate: float
    votes: int
    offsets: tuple[float, ...]


class PrintIndex:
    """The words of many prints, sorted."""

    def __init__(self, prints: Mapping[str, Print]) -> None:
        self.names = list(prints)
        words = [_words(one) for one in prints.values()]
        places = [np.arange(len(one), dtype=np.int64) for one in words]
        owners = [np.full(len(one), number, dtype=np.int64) for number, one in enumerate(words)]
        whole = np.concatenate([np.zeros(0, np.uint32), *words])
        order = np.argsort(whole, kind="stable")
        self._words = whole[order]
        self._places = np.concatenate([np.zeros(0, np.int64), *places])[order]
        self._owners = np.concatenate([np.zeros(0, np.int64), *owners])[order]
        self._commonest = COMMONEST * max(1, len(prints))

    def find(self, levels: Levels) -> PrintMatch | None:
        """Return the print that the recording is likeliest of, or None where it is of none of them."""
        return next(iter(self.find_all(levels)), None)

    def find_all(self, levels: Levels) -> list[PrintMatch]:
        """Return the prints that have words of the recording in order, each at its best rate, most votes first."""
        found = self._at_rates(levels, RATES)
        if not found or found[0].votes < SURE_VOTES * levels.duration or len(found[0].offsets) > FEW_OFFSETS:
            other = [self._sharpened(levels, one) for one in self._at_rates(levels, OTHER_RATES)[:MOST_SHARPENED]]
            found = _best([*found, *other])
        return found

    def _at_rates(self, levels: Levels, rates: Sequence[float]) -> list[PrintMatch]:
        return _best([one for rate in rates for one in self._at(levels, rate)])

    def _sharpened(self, levels: Levels, sighting: PrintMatch) -> PrintMatch:
        """Return the sighting at the rate near its own at which most words agree: an odd one lies between the tried."""
        for step in SHARPENING:
            for rate in (sighting.rate - step, sighting.rate + step):
                near = next((one for one in self._at(levels, rate) if one.name == sighting.name), sighting)
                sighting = max(sighting, near, key=lambda one: one.votes)
        return sighting

    def _at(self, levels: Levels, rate: float) -> Iterator[PrintMatch]:
        votes = [self._votes(levels, rate, phase * FRAME * rate / PHASES) for phase in range(PHASES)]
        owners, offsets = (np.concatenate(part) for part in zip(*votes, strict=True))
        for number, name in enumerate(self.names):
            if found := _peaks(offsets[owners == number]):
                yield PrintMatch(name, rate, found[0][1], tuple(offset for offset, _ in found))

    def _votes(self, levels: Levels, rate: float, start: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return (owner, offset) of every word of the recording that a print has too."""
        words = _words(print_of(levels, rate, start))
        first, last = np.searchsorted(self._words, words), np.searchsorted(self._words, words, side="right")
        counts = last - first
        counts[counts > self._commonest] = 0
        chosen = np.repeat(first, counts) + _within(counts)
        own = np.repeat(np.arange(len(words)), counts)
        return self._owners[chosen], start + rate * FRAME * (own - self._places[chosen])


def _best(found: Sequence[PrintMatch]) -> list[PrintMatch]:
    """Return the sighting with most votes of each print, most votes first."""
    best: dict[str, PrintMatch] = {}
    for one in found:
        if one.name not in best or best[one.name].votes < one.votes:
            best[one.name] = one
    return sorted(best.values(), key=lambda one: -one.votes)


def _within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, … within each run of `counts`."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts))


def _words(frames: Print) -> NDArray[np.uint32]:
    """Return the words that begin at each frame, uint32 `(num_frames - 4,)`."""
    wide = frames.astype(np.uint32)
    if len(wide) <= 2 * STEP:
        return np.zeros(0, dtype=np.uint32)
    return np.asarray((wide[: -2 * STEP] << 16) | (wide[STEP:-STEP] << 8) | wide[2 * STEP :])


def _peaks(offsets: NDArray[np.float64], most: int = 40) -> list[tuple[float, int]]:
    """Return (offset, votes) of the offsets that `LEAST_VOTES` words agree on, most votes first."""
    bins = np.floor(offsets / (SPREAD / 2)).astype(np.int64)
    places, counts = np.unique(bins, return_counts=True)
    known = dict(zip(places.tolist(), counts.tolist(), strict=True))
    both = {place: count + known.get(place + 1, 0) for place, count in known.items()}
    found: list[tuple[float, int]] = []
    for place, count in sorted(both.items(), key=lambda item: (-item[1], item[0])):
        if count < LEAST_VOTES or len(found) == most:
            break
        offset = (place + 1) * SPREAD / 2
        if all(abs(offset - other) > SPREAD for other, _ in found):
            found.append((offset, count))
    return found
