"""A store of what models said about clips: one SQLite file, safe for several worker processes.

It only saves time. Delete it and every score comes out the same.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

BUSY_SECONDS = 60.0


class HearingStore:
    """Facts by (model, clip), each with a checksum. path: None keeps them in memory.

    A damaged fact is one that is not there, and a store that cannot be written forgets: both cost time, nothing else.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            if path is None or isinstance(error, sqlite3.OperationalError):
                raise
            logger.warning("%s is damaged (%s): a new one is begun.", path, error)
            _put_aside(path)
            self._database = _open(path)
        weakref.finalize(self, self._database.close)

    def get(self, model: str, clip: str) -> bytes | None:
        """Return the stored bytes, or None."""
        query = "SELECT fact, check_sum FROM facts WHERE model = ? AND clip = ?"
        try:
            row = self._database.execute(query, (model, clip)).fetchone()
        except sqlite3.DatabaseError as error:
            logger.warning("What %s heard cannot be looked up (%s): it hears again.", model, error)
            return None
        return bytes(row[0]) if row and row[1] in (None, zlib.crc32(row[0])) else None

    def put(self, model: str, clip: str, fact: bytes) -> None:
        """Store the bytes. Whoever writes last wins, and writes the same, since the models are deterministic."""
        row = (model, clip, fact, zlib.crc32(fact))
        try:
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", row)
        except sqlite3.DatabaseError as error:
            logger.warning("What %s heard cannot be stored (%s): the next run hears it again.", model, error)

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


def _open(path: Path | None) -> sqlite3.Connection:
    database = sqlite3.connect(str(path) if path else ":memory:", timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _prepare(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    """Make the table where it is not there; one of an earlier version gets the column of checksums."""
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    columns = "model TEXT, clip TEXT, fact BLOB, check_sum INTEGER"
    database.execute(f"CREATE TABLE IF NOT EXISTS facts ({columns}, PRIMARY KEY (model, clip))")
    if "check_sum" not in {row[1] for row in database.execute("PRAGMA table_info(facts)")}:
        with contextlib.suppress(sqlite3.OperationalError):  # another process may be faster
            database.execute("ALTER TABLE facts ADD COLUMN check_sum INTEGER")


def _put_aside(path: Path) -> None:
    """Rename a database that cannot be opened; its journals go with it."""
    path.replace(path.with_name(f"{path.name}.damaged"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
