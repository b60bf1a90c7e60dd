"""Who speaks next: answers take turns piece by piece, so that nobody waits for another's whole answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from starlette.concurrency import run_in_threadpool

Piece = TypeVar("Piece")

MOST_ANSWERS = 32
"""Answers that may be under way at once; whoever asks beyond is told so."""


class Floor:
    """One voice speaks at a time. The floor is handed on after each piece, first come, first served."""

    def __init__(self, most: int = MOST_ANSWERS) -> None:
        self._lock, self._most, self.answers = anyio.Lock(), most, 0

    @property
    def full(self) -> bool:
        """Whether as many answers are under way as may be."""
        return self.answers >= self._most

    @asynccontextmanager
    async def taken_part(self) -> AsyncIterator[int]:
        """Be one of the answers under way; gives how many were before."""
        self.answers += 1
        try:
            yield self.answers - 1
        finally:
            self.answers -= 1

    async def next(self, pieces: Iterator[Piece]) -> Piece | None:
        """Return the next piece, made when the floor is free; None after the last. The one being made is finished."""
        async with self._lock:
            return await run_in_threadpool(next, pieces, None)
