"""The endless row of packs that a run reads: pack number n is a pure function of the documents and the seed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from audiorole.errors import ConfigError
from audiorole.training.tokens.packing import Document, Pack, build_pack, plan_packs


class PackStream:
    """Packs by number, epoch after epoch. Nothing is remembered: a resumed run asks for the next number."""

    def __init__(self, documents: Sequence[Document], capacity: int, pad: int, seed: int) -> None:
        if not documents:
            raise ConfigError("There is no document to train on.")
        self._documents, self._capacity, self._pad, self._seed = documents, capacity, pad, seed
        self._lengths = [len(document) for document in documents]
        self._plan = lru_cache(maxsize=2)(self._plan_epoch)
        self.packs_per_epoch = len(self._plan(0))

    def __getitem__(self, number: int) -> Pack:
        epoch, index = divmod(number, self.packs_per_epoch)
        chosen = [self._documents[place] for place in self._plan(epoch)[index]]
        return build_pack(chosen, self._capacity, self._pad)

    def _plan_epoch(self, epoch: int) -> list[list[int]]:
        return plan_packs(self._lengths, self._capacity, self._seed, epoch)
