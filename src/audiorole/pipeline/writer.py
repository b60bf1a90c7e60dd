"""Write one shard of a stage: partial files, hashed on the way, renamed when they are whole; the marker last."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from audiorole.core.disk import create, drop, partial_of, settle, sync_file, sync_folder
from audiorole.pipeline.store import Marker, StageFolder, hash_file, write_atomic
from audiorole.types import Dropped, Record
from audiorole.types.plain import Array


class ShardWriter:
    """Write one shard of a stage: streams to partial files, renames them, and writes the marker last."""

    def __init__(self, folder: StageFolder, shard: str) -> None:
        self.folder, self.shard = folder, shard
        self.kept = 0
        self.reasons: dict[str, int] = {}
        self.outputs: dict[str, str] = {}
        self.stats: dict[str, tuple[int, int]] = {}
        folder.forget(shard)
        self._kept = _HashedFile(folder.records(shard))
        self._dropped = _HashedFile(folder.dropped(shard))
        self._encoder = msgspec.json.Encoder()

    def write(self, records: Iterable[Record]) -> Iterator[Record]:
        """Write each record where it belongs, and pass it on."""
        for record in records:
            if isinstance(record, Dropped):
                self.reasons[record.reason] = self.reasons.get(record.reason, 0) + 1
                self._dropped.write(self._encoder.encode(record))
            else:
                self.kept += 1
                self._kept.write(self._encoder.encode(record))
            yield record

    def save(self, name: str, array: Array) -> None:
        """Write `array` beside the records."""

        def write(path: Path) -> None:
            with create(path) as handle:
                np.save(_Stream(handle), array, allow_pickle=False)

        self.attach(f"{name}.npy", write)

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        """Let `write` make the file `<shard>.<suffix>` beside the records."""
        path = self.folder.attachment(self.shard, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = partial_of(path)
        try:
            write(partial)
            self._vouch(path, hash_file(partial), sync_file(partial))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def commit(self, marker: Marker) -> Marker:
        """Close the files and write `marker`, completed with counts and hashes, last."""
        for handle in (self._kept, self._dropped):
            self._vouch(handle.path, *handle.close())
        for parent in {handle.path.parent for handle in (self._kept, self._dropped)}:
            sync_folder(parent)
        full = msgspec.structs.replace(
            marker,
            kept=self.kept,
            dropped=dict(sorted(self.reasons.items())),
            outputs=dict(sorted(self.outputs.items())),
            stats=dict(sorted(self.stats.items())),
        ).sealed()
        write_atomic(self.folder.marker(self.shard), msgspec.json.encode(full))
        return full

    def abort(self) -> None:
        """Remove the partial files."""
        for handle in (self._kept, self._dropped):
            handle.abort()

    def _vouch(self, path: Path, digest: str, stat: os.stat_result) -> None:
        name = str(path.relative_to(self.folder.path))
        self.outputs[name], self.stats[name] = digest, (stat.st_size, stat.st_mtime_ns)


class _Stream:
    """A file of which NumPy knows nothing but how to write to it."""

    def __init__(self, handle: io.BufferedWriter) -> None:
        self.write = handle.write


class _HashedFile:
    """A file written under a partial name and hashed on the way."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._partial = partial_of(path)
        self._hash = hashlib.sha256()
        self._handle = create(self._partial)

    def write(self, line: bytes) -> None:
        self._hash.update(line)
        self._hash.update(b"\n")
        self._handle.write(line)
        self._handle.write(b"\n")

    def close(self) -> tuple[str, os.stat_result]:
        stat = settle(self._handle)
        self._partial.replace(self.path)
        return self._hash.hexdigest(), stat

    def abort(self) -> None:
        drop(self._handle)
        self._partial.unlink(missing_ok=True)
