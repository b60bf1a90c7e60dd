"""Processes that each hold some of the series that are fitted on, for as long as the fit lasts."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from tools.naming.series import Learnt

Task = Callable[[Any, Learnt], Any]


class Workers:
    """`count` processes over `series`; each makes `state(series)` of its own ones once and keeps it."""

    def __init__(self, series: Sequence[Learnt], state: Callable[[Learnt], Any], count: int) -> None:
        context = multiprocessing.get_context("fork")
        order = sorted(range(len(series)), key=lambda i: -len(series[i].lines))
        self.own = [order[first::count] for first in range(count)]
        self.size = len(series)
        self.ends: list[Connection] = []
        for own in self.own:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, [series[i] for i in own], state), daemon=True)
            process.start()
            there.close()
            self.ends.append(here)

    def map(self, task: Task) -> list[Any]:
        """Return `task(state, series)` of every series, in their order."""
        for end in self.ends:
            end.send(task)
        found: list[Any] = [None] * self.size
        for end, own in zip(self.ends, self.own, strict=True):
            for place, result in zip(own, end.recv(), strict=True):
                found[place] = result
        return found

    def close(self) -> None:
        """End the processes."""
        for end in self.ends:
            end.send(None)


def _serve(end: Connection, series: Sequence[Learnt], state: Callable[[Learnt], Any]) -> None:
    held = [state(one) for one in series]
    while (task := end.recv()) is not None:
        end.send([task(mine, one) for mine, one in zip(held, series, strict=True)])
