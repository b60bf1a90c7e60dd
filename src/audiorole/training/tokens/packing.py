"""Several documents in one row: best-fit packing, and the batch that the packed network reads.

A pack has a fixed number of tokens; its documents never see each other. The plan of an epoch is a pure function of the
lengths, the seed and the epoch's number, so a resumed run continues with the very next token.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiorole.errors import ConfigError

IGNORED = -100
"""The label of a token without a loss; PyTorch's default `ignore_index`."""

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Document:
    """One encoded example. ids, labels: int64 `(tokens,)`; a label is the token itself or `IGNORED`."""

    id: str
    ids: Tokens
    labels: Tokens
    character: str = ""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Pack:
    """Documents in one row of exactly `capacity` tokens.

    ids, positions, targets: int64 `(capacity,)`. targets are labels moved one to the left within each document, so that
    the row at `t` predicts `targets[t]`. document: int64 `(capacity,)`, the index of the token's document; padding is a
    document of its own. bounds: int32 `(documents + 1,)`, cumulative lengths. useful: tokens that are no padding.
    """

    ids: Tokens
    positions: Tokens
    targets: Tokens
    document: Tokens
    bounds: npt.NDArray[np.int32]
    useful: int
    characters: tuple[str, ...]

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return int(np.diff(self.bounds).max())


def plan_packs(lengths: Sequence[int], capacity: int, seed: int = 0, epoch: int = 0) -> list[list[int]]:
    """Return, for one epoch, which documents share a pack: best fit, longest first, then packs in random order.

    Raises `ConfigError` for a document longer than `capacity`. Best-fit decreasing needs at most 11/9 of the fewest
    packs (Johnson 1973).
    """
    longest = max(lengths, default=0)
    if longest > capacity:
        raise ConfigError(f"A document has {longest} tokens and a pack {capacity}: raise the capacity or cut it.")
    random = np.random.default_rng((seed, epoch))
    shuffled = random.permutation(len(lengths))
    order = shuffled[np.argsort(-np.asarray(lengths, dtype=np.int64)[shuffled], kind="stable")]
    packs: list[list[int]] = []
    space: list[tuple[int, int]] = []  # (tokens left, pack), sorted
    for index in order:
        place = bisect.bisect_left(space, (lengths[index], -1))
        if place == len(space):
            packs.append([])
            left, pack = capacity, len(packs) - 1
        else:
            left, pack = space.pop(place)
        packs[pack].append(int(index))
        bisect.insort(space, (left - lengths[index], pack))
    return [packs[index] for index in random.permutation(len(packs))]


def build_pack(documents: Sequence[Document], capacity: int, pad: int) -> Pack:
    """Lay `documents` one after the other into a row of `capacity` tokens, filled up with the token `pad`."""
    lengths = [len(document) for document in documents]
    useful = sum(lengths)
    if useful > capacity:
        raise ConfigError(f"{useful} tokens do not fit into a pack of {capacity}.")
    if useful < capacity:
        lengths.append(capacity - useful)
    padding = np.full(capacity - useful, pad, dtype=np.int64)
    return Pack(
        ids=np.concatenate([*(document.ids for document in documents), padding]),
        positions=np.concatenate([np.arange(length) for length in lengths]),
        targets=np.concatenate([*(_next_labels(document) for document in documents), np.full_like(padding, IGNORED)]),
        document=np.repeat(np.arange(len(lengths)), lengths),
        bounds=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        useful=useful,
        characters=tuple(document.character for document in documents),
    )


def _next_labels(document: Document) -> Tokens:
    return np.append(document.labels[1:], IGNORED)
