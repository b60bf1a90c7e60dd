"""What an iterator gives, made in a thread of its own: it goes on while somebody uses what came before."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class _End(Exception):
    """There is nothing more."""


def ahead(source: Iterable[T]) -> Iterator[T]:
    """Yield the items of `source` in their order, each made as early as it can be.

    An error of `source` is raised where its item would have come. Closed early, it ends with the item that is being
    made, and closes `source`.
    """
    made: SimpleQueue[T | Exception] = SimpleQueue()
    enough = threading.Event()
    thread = threading.Thread(target=_make, args=(iter(source), made, enough), name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        enough.set()
        thread.join()


def _make(source: Iterator[T], made: SimpleQueue[T | Exception], enough: threading.Event) -> None:
    try:
        for item in source:
            made.put(item)
            if enough.is_set():
                break
        if close := getattr(source, "close", None):
            close()
        made.put(_End())
    except Exception as error:
        made.put(error)
