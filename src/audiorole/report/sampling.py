"""Which lines a report shows, chosen in one pass: bounded memory, and the same lines whatever machine asks."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from audiorole.types import Dropped, Utterance

ItemT = TypeVar("ItemT")

EVERYONE = None
"""The key of the samples that are taken over all characters."""


def shuffled(identity: str) -> int:
    """Return a number in [0, 2**32) that orders ids at random, yet always in the same way."""
    return zlib.crc32(identity.encode("utf-8"))


class Smallest(Generic[ItemT]):
    """Keep the `limit` items with the smallest keys; ties are broken by the shuffled id.

    >>> kept = Smallest(2)
    >>> for name, key in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
    ...     kept.add(key, name, name)
    >>> kept.items()
    ['b', 'c']
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._count = 0
        self._heap: list[tuple[float, int, str, int, ItemT]] = []

    def add(self, key: float, identity: str, item: ItemT) -> None:
        """Offer an item."""
        if len(self._heap) == self.limit and -key < self._heap[0][0]:
            return
        self._count += 1  # items themselves are never compared
        entry = (-key, -shuffled(identity), identity, -self._count, item)
        if len(self._heap) < self.limit:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def items(self) -> list[ItemT]:
        """Return the kept items, smallest key first."""
        return [item for *_, item in sorted(self._heap, key=lambda entry: entry[:4], reverse=True)]


@dataclass
class LineSample:
    """Lines of one character, or of everyone: the surest names, the least sure ones, and some at random."""

    limit: int
    surest: Smallest[Utterance] = field(init=False)
    least: Smallest[Utterance] = field(init=False)
    random: Smallest[Utterance] = field(init=False)

    def __post_init__(self) -> None:
        self.surest, self.least, self.random = Smallest(self.limit), Smallest(self.limit), Smallest(self.limit)

    def add(self, line: Utterance) -> None:
        """Offer a line."""
        self.random.add(0.0, line.id, line)
        if line.naming:
            self.surest.add(-line.naming.probability, line.id, line)
            self.least.add(line.naming.probability, line.id, line)

    def groups(self) -> Iterator[tuple[str, list[Utterance]]]:
        """Yield (name, lines) of the groups that hold any."""
        for name in ("surest", "least", "random"):
            if lines := getattr(self, name).items():
                yield name, lines


class LineSamples:
    """Samples of each of the `characters` (written forms; "" for nobody in particular) and of `EVERYONE`."""

    def __init__(self, characters: list[str], per_character: int, overall: int) -> None:
        self.samples: dict[str | None, LineSample] = {EVERYONE: LineSample(overall)}
        self.samples.update({name: LineSample(per_character) for name in characters})

    def add(self, line: Utterance) -> None:
        """Offer a line."""
        self.samples[EVERYONE].add(line)
        if line.naming and (sample := self.samples.get(line.who)):
            sample.add(line)


class DropExamples:
    """A few examples of every reason at every stage."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: dict[tuple[str, str], Smallest[Dropped]] = {}

    def add(self, stage: str, dropped: Dropped) -> None:
        """Offer a dropped record."""
        kept = self._kept.setdefault((stage, dropped.reason), Smallest(self.limit))
        kept.add(0.0, dropped.id, dropped)

    def of(self, stage: str, reason: str) -> list[Dropped]:
        """Return the examples of `reason` at `stage`."""
        kept = self._kept.get((stage, reason))
        return kept.items() if kept else []
