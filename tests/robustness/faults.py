"""A disk that fails: every write, fsync, rename, link and removal under one folder is counted, and one of them breaks.

A call may `fail` (an error of the disk, once), find the disk `full` (half of a write is done, and from then on nothing
that needs room succeeds), or be `cut`: of a write the first half is done, and then the process is gone, as in a power
cut or a kill.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = ("write", "fsync", "replace", "rename", "link", "unlink", "rmdir", "mkdir", "ftruncate")
FILLING = frozenset({"write", "fsync", "mkdir", "link", "replace", "rename"})
"""Calls that need room; a full disk lets one remove and shorten."""

DEAD = 9
Call = tuple[Any, ...]
"""What a call is made with, its first argument first."""


def can_break(mode: str, name: str, call: Call) -> bool:
    """Return whether a call can break in this mode: a full disk refuses what needs room, no folder that is there."""
    if mode != "full":
        return True
    return name in FILLING and not (name == "mkdir" and Path(call[0]).is_dir())


class FaultyDisk:
    """Counts calls under `root`; the one numbered `at` (from 0) breaks. at: -1 breaks none. counts: as it is now."""

    def __init__(self, root: Path, at: int = -1, mode: str = "fail") -> None:
        self.root, self.at, self.mode = str(root), at, mode
        self.count, self.counts = 0, True
        self.seen: list[str] = []

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Replace the calls of `os` until `patch` is undone."""
        for name in CALLS:
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def before(self, number: int, name: str, call: Call) -> None:
        """Do something before a call."""

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(first: Any, *rest: Any, **named: Any) -> Any:
            if not self.counts or not self._is_ours(first, named):
                return real(first, *rest, **named)
            number, self.count = self.count, self.count + 1
            self.seen.append(name)
            self.before(number, name, (first, *rest))
            if number == self.at and can_break(self.mode, name, (first, *rest)):
                self._break(name, real, first, rest)
            if self.mode == "full" and 0 <= self.at < number and can_break("full", name, (first, *rest)):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.root)
            return real(first, *rest, **named)

        return call

    def _break(self, name: str, real: Callable[..., Any], first: Any, rest: tuple[Any, ...]) -> None:
        if name == "write" and self.mode != "fail":
            real(first, rest[0][: len(rest[0]) // 2])
        if self.mode == "cut":
            os._exit(DEAD)
        number = errno.ENOSPC if self.mode == "full" else errno.EIO
        raise OSError(number, os.strerror(number), self.root)

    def _is_ours(self, first: Any, named: dict[str, Any]) -> bool:
        try:
            if isinstance(first, int):
                return self._is_below(Path(f"/proc/self/fd/{first}").readlink())
            if named.get("dir_fd") is not None:
                return self._is_below(Path(f"/proc/self/fd/{named['dir_fd']}").readlink())
            return self._is_below(os.fspath(first))
        except (OSError, TypeError):
            return False

    def _is_below(self, path: object) -> bool:
        return f"{path}/".startswith(f"{self.root}/")
