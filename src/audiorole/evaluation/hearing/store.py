"""A store of what models said about clips: one SQLite file, safe for several worker processes.

It only saves time. Delete it and every score comes out the same.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

BUSY_SECONDS = 60.0


class HearingStore:
    """Facts by (model, clip). path: None keeps them in memory."""

    def __init__(self, path: Path | None = None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(str(path) if path else ":memory:", timeout=BUSY_SECONDS, isolation_level=None)
        weakref.finalize(self, self._database.close)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS facts (model TEXT, clip TEXT, fact BLOB, PRIMARY KEY (model, clip))"
        )

    def get(self, model: str, clip: str) -> bytes | None:
        """Return the stored bytes, or None."""
        row = self._database.execute("SELECT fact FROM facts WHERE model = ? AND clip = ?", (model, clip)).fetchone()
        return bytes(row[0]) if row else None

    def put(self, model: str, clip: str, fact: bytes) -> None:
        """Store the bytes; the first writer wins, since the models are deterministic."""
        self._database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?, ?)", (model, clip, fact))

    def array(self, model: str, clip: str, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the stored float32 array, made and stored at the first call."""
        found = self.get(model, clip)
        if found is None:
            made = np.asarray(make(), dtype="<f4")
            found = msgspec.msgpack.encode((made.shape, made.tobytes()))
            self.put(model, clip, found)
        shape, data = msgspec.msgpack.decode(found, type=tuple[tuple[int, ...], bytes])
        return np.frombuffer(data, dtype="<f4").reshape(shape)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
