"""An output folder: whose it is, and that nothing of it lies behind a link.

A folder is ours when it carries our stamp, `.audiorole`. A folder with anything in it and no stamp is somebody's, and
is left as it is. What we wrote through a link would land, and be deleted, in a place that nobody named.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiorole.errors import InputError, UserError

STAMP = ".audiorole"
LOCK = ".lock"

NOBODYS = frozenset({LOCK, "lost+found", ".DS_Store", ".directory", "Thumbs.db"})
"""What file systems and desktops put into every folder, and a lock, which holds nothing."""


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Make the folder, or find it ours, and hold it: two builds in one folder would undo each other's work.

    Raises InputError where it is somebody's or cannot be written to, UserError where another build holds it.
    """
    claim(out)
    with locked(out, "build"):
        yield


@contextmanager
def locked(out: Path, work: str) -> Iterator[None]:
    """Hold a folder that is there. work: what is done in it. Raises UserError where another one holds it."""
    descriptor = _opened(out / LOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UserError(f"Another {work} is running in {out}; wait for it or choose another --out.") from error
    try:
        yield
    finally:
        os.close(descriptor)


def claim(out: Path) -> None:
    """Stamp an empty folder as ours. Raises InputError where it is not empty and has no stamp."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        refuse_links(out, (STAMP, LOCK))
        if is_ours(out):
            return
        strange = sorted({path.name for path in out.iterdir()} - NOBODYS)
    except OSError as error:
        raise InputError(str(out), f"cannot be written to ({error.strerror}); choose another --out") from error
    if strange:
        what = f"it holds {strange[0]!r} and no stamp of ours ({STAMP})"
        raise InputError(str(out), f"is not empty and was not made by audiorole: {what}; choose another --out")
    os.close(_opened(out / STAMP))


def is_ours(out: Path) -> bool:
    """Return whether a folder carries our stamp."""
    return (out / STAMP).is_file()


def refuse_links(out: Path, names: tuple[str, ...]) -> None:
    """Raise InputError where one of `names` in `out`, or anything below it, is a link."""
    for name in names:
        if (out / name).is_symlink():
            raise _link(out / name)
        for here, folders, files in os.walk(out / name):
            for each in (*folders, *files):
                if (Path(here) / each).is_symlink():
                    raise _link(Path(here) / each)


def _link(path: Path) -> InputError:
    return InputError(str(path), "is a link, and nothing is written through one; remove it or choose another --out")


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise InputError(str(path.parent), f"cannot be written to ({error.strerror}); choose another --out") from error
