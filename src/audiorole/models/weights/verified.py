"""Which weight files were hashed, and what they were then: an untouched file of hundreds of megabytes is read once.

The note lies in the store. It counts while size, change time and inode are those of the file: what alters a file, or
puts another in its place, alters one of them.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec

from audiorole.core.disk import read_sealed, write_sealed

NOTE = ".verified"

Seen = tuple[int, int, int, str]
"""(size, change time in ns, inode, SHA-256)."""

_KNOWN: dict[Path, dict[str, Seen]] = {}
"""Store → path of a file → what it was."""


def has_hash(file: Path, wanted: str, store: Path) -> bool:
    """Return whether the bytes of `file` have the SHA-256 `wanted`; `store` is the folder that keeps the note."""
    stat, known = file.stat(), _known(store)
    look = (stat.st_size, stat.st_ctime_ns, stat.st_ino)
    seen = known.get(str(file))
    if seen is None or seen[:3] != look:
        seen = (*look, sha256(file))
        known[str(file)] = seen
        with suppress(OSError):  # a store that is only read: the next process hashes again
            write_sealed(store / NOTE, msgspec.json.encode(known))
    return seen[3] == wanted


def _known(store: Path) -> dict[str, Seen]:
    if store not in _KNOWN:
        data = read_sealed(store / NOTE) if store.is_dir() else None
        _KNOWN[store] = msgspec.json.decode(data, type=dict[str, Seen]) if data else {}
    return _KNOWN[store]


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
