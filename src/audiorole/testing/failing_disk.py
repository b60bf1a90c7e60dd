"""A disk that fails when it is told to, for tests of what survives.

with FailingDisk(out) as disk:            # counts
    work(out)
for at in range(1, len(disk.operations) + 1):
    with FailingDisk(out, at), suppress(OSError):
        work(out)                         # write, fsync, rename or link number `at` fails
    work(out)                             # and what was begun is gone on with
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

OPERATIONS = ("write", "fsync", "replace", "rename", "link")
"""Functions of `os` that put something on the disk. Linux: a descriptor's file is looked up in /proc."""


class FailingDisk:
    """Counts what is written below `root`; operation number `at`, from 1, fails, and with `stays` all after it.

    A write that fails arrives by half, as on a disk that is full. operations: the name of each that was counted.
    """

    def __init__(self, root: Path, at: int = 0, stays: bool = False, number: int = errno.ENOSPC) -> None:
        self.root, self.at, self.stays, self.number = root.absolute(), at, stays, number
        self.operations: list[str] = []
        self._real: dict[str, Callable[..., Any]] = {}

    def __enter__(self) -> FailingDisk:
        self._real = {name: getattr(os, name) for name in OPERATIONS}
        for name in OPERATIONS:
            setattr(os, name, self._watched(name))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, real in self._real.items():
            setattr(os, name, real)

    def _watched(self, name: str) -> Callable[..., Any]:
        real = self._real[name]

        def operation(*arguments: Any, **named: Any) -> Any:
            path = self._path(arguments[0] if name in ("write", "fsync") else arguments[1])
            if path is None:
                return real(*arguments, **named)
            self.operations.append(name)
            if self._fails():
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise OSError(self.number, os.strerror(self.number), str(path))
            return real(*arguments, **named)

        return operation

    def _fails(self) -> bool:
        count = len(self.operations)
        return bool(self.at) and (count == self.at or (self.stays and count > self.at))

    def _path(self, where: int | str | os.PathLike[str]) -> Path | None:
        """Return the file that is meant, where it lies below the root."""
        try:
            path = Path(f"/proc/self/fd/{where}").readlink() if isinstance(where, int) else Path(where).absolute()
        except OSError:
            return None
        return path if path.is_relative_to(self.root) else None
