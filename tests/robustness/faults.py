"""A disk that fails: every write, fsync, rename, link and removal under one folder is counted, and one of them breaks.

A call may `fail` (an error of the disk, once), fill up (`full`: from then on no write succeeds), or be `cut`: of a
write the first half is done, and then the process is gone, as in a power cut or a kill.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = ("write", "fsync", "replace", "rename", "link", "unlink", "rmdir", "mkdir", "ftruncate")
FILLING = frozenset({"write", "fsync", "mkdir", "link"})
DEAD = 9


class FaultyDisk:
    """Counts calls under `root`; the one numbered `at` (from 0) breaks. at: -1 breaks none."""

    def __init__(self, root: Path, at: int = -1, mode: str = "fail") -> None:
        self.root, self.at, self.mode = str(root), at, mode
        self.count = 0
        self.seen: list[str] = []

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Replace the calls of `os` until `patch` is undone."""
        for name in CALLS:
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(first: Any, *rest: Any, **named: Any) -> Any:
            if not self._is_ours(first, named):
                return real(first, *rest, **named)
            number, self.count = self.count, self.count + 1
            self.seen.append(name)
            if number == self.at:
                self._break(name, real, first, rest)
            if self.mode == "full" and 0 <= self.at < number and name in FILLING:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.root)
            return real(first, *rest, **named)

        return call

    def _break(self, name: str, real: Callable[..., Any], first: Any, rest: tuple[Any, ...]) -> None:
        if self.mode == "cut":
            if name == "write":
                real(first, rest[0][: len(rest[0]) // 2])
            os._exit(DEAD)
        number = errno.ENOSPC if self.mode == "full" else errno.EIO
        raise OSError(number, os.strerror(number), self.root)

    def _is_ours(self, first: Any, named: dict[str, Any]) -> bool:
        try:
            if isinstance(first, int):
                return str(Path(f"/proc/self/fd/{first}").readlink()).startswith(self.root)
            if named.get("dir_fd") is not None:
                return str(Path(f"/proc/self/fd/{named['dir_fd']}").readlink()).startswith(self.root)
            return os.fspath(first).startswith(self.root)
        except (OSError, TypeError):
            return False
