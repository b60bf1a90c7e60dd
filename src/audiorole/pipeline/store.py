"""Run folders on disk: one folder per stage, one file per shard, markers written last and atomically.

05-segment/
    show/s01e02.jsonl            what the stage kept
    show/s01e02.voices.npy       an array beside it
    dropped/show/s01e02.jsonl    what it dropped, with reasons
    done/show/s01e02.json        the marker: digest, counts, hashes of the outputs
    failed/show/s01e02.json      instead of a marker: why this shard is quarantined
    kept/show/s01e02/<digest>/   an earlier result, see `kept`
"""

from __future__ import annotations

import errno
import glob
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from audiorole.core.disk import TEMPORARY
from audiorole.core.disk import write_atomic as write_atomic
from audiorole.core.disk import write_changed as write_changed
from audiorole.errors import DamagedError, InputError
from audiorole.types import Record, RecordT

ENDINGS = ("*npy", "flac", "parquet", "sync.json", "sources.json")
"""How the outputs of stages end, besides their records."""

LEAST_FREE_BYTES = 1 << 20
"""A write that failed with less than this left failed for want of space."""


class FileStamp(Record, frozen=True):
    """A file's content hash and the stat it was taken at, so that an untouched file is not read again."""

    size: int
    mtime_ns: int
    sha256: str


class Marker(Record, frozen=True):
    """Proof that a stage finished a shard.

    outputs: file name → SHA-256; what later stages put into their digests (so equal output cuts off early).
    stats: file name → (size, mtime in ns) when it was whole. seal: hash of all other fields.
    """

    digest: str
    kept: int
    created: int
    dropped: dict[str, int]
    outputs: dict[str, str]
    files: dict[str, FileStamp] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    stats: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    seal: str = ""

    def sealed(self) -> Marker:
        """Return the marker under a seal, so that a flipped bit in it is found."""
        plain = msgspec.structs.replace(self, seal="")
        digest = hashlib.blake2b(msgspec.json.encode(plain, order="deterministic"), digest_size=8).hexdigest()
        return msgspec.structs.replace(plain, seal=digest)


class Failure(Record, frozen=True):
    """Why a shard is quarantined at a stage. again: what was wrong is mended; another pass will do."""

    shard: str
    stage: str
    error: str
    trace: str = ""
    again: bool = False


@dataclass(frozen=True)
class StageFolder:
    """Where one stage keeps its shards."""

    path: Path

    def records(self, shard: str) -> Path:
        """The kept records of `shard`."""
        return self.path / f"{shard}.jsonl"

    def dropped(self, shard: str) -> Path:
        """The dropped records of `shard`."""
        return self.path / "dropped" / f"{shard}.jsonl"

    def array(self, shard: str, name: str) -> Path:
        """The array `name` of `shard`."""
        return self.attachment(shard, f"{name}.npy")

    def attachment(self, shard: str, suffix: str) -> Path:
        """The file of `shard` that ends in `.suffix`."""
        return self.path / f"{shard}.{suffix}"

    def marker(self, shard: str) -> Path:
        """The completion marker of `shard`."""
        return self.path / "done" / f"{shard}.json"

    def failure(self, shard: str) -> Path:
        """The quarantine note of `shard`."""
        return self.path / "failed" / f"{shard}.json"

    def read_marker(self, shard: str) -> Marker | None:
        """Return the marker, or None where there is none or it is not whole."""
        try:
            marker = msgspec.json.decode(self.marker(shard).read_bytes(), type=Marker)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return marker if marker.sealed().seal == marker.seal else None

    def read_failure(self, shard: str) -> Failure | None:
        """Return the quarantine note of `shard`, if there is one."""
        try:
            return msgspec.json.decode(self.failure(shard).read_bytes(), type=Failure)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def finished(self, shard: str, digest: str) -> Marker | None:
        """Return the marker when `shard` is done under `digest` and all its outputs are as the marker says."""
        marker = self.read_marker(shard)
        if marker is None or marker.digest != digest:
            return None
        return None if any(self.damaged(marker)) else marker

    def damaged(self, marker: Marker, full: bool = False) -> Iterator[str]:
        """Yield the outputs that are not what `marker` vouches for.

        A file of the size and time that the marker knows is taken for whole, unless `full`; any other is hashed.
        """
        for name, digest in marker.outputs.items():
            try:
                stat = (self.path / name).lstat()
                untouched = marker.stats.get(name) == (stat.st_size, stat.st_mtime_ns)
                if (full or not untouched) and hash_file(self.path / name) != digest:
                    yield name
            except OSError:
                yield name

    def verified(self, shard: str, path: Path) -> bytes:
        """Return the bytes of an output of `shard`. Raises DamagedError where they are not those that were written."""
        marker = self.read_marker(shard)
        wanted = marker.outputs.get(str(path.relative_to(self.path))) if marker else None
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DamagedError(str(path), self.path.name, shard) from error
        if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
            raise DamagedError(str(path), self.path.name, shard)
        return data

    def verified_file(self, shard: str, suffix: str) -> Path | None:
        """Return the file that the stage attached under `suffix`, None where it attached none.

        Raises DamagedError where it is not the one that was written.
        """
        path, marker = self.attachment(shard, suffix), self.read_marker(shard)
        wanted = marker.outputs.get(str(path.relative_to(self.path))) if marker else None
        if wanted is None:
            return None
        if not path.is_file() or hash_file(path) != wanted:
            raise DamagedError(str(path), self.path.name, shard)
        return path

    def forget(self, shard: str) -> None:
        """Remove marker, records and arrays of `shard`, the marker first."""
        marker = self.read_marker(shard)
        listed = [self.path / name for name in marker.outputs] if marker else []
        for path in (self.marker(shard), self.failure(shard), self.records(shard), self.dropped(shard), *listed):
            path.unlink(missing_ok=True)
        for path in self._unlisted(shard):
            path.unlink(missing_ok=True)

    def _unlisted(self, shard: str) -> Iterator[Path]:
        """Yield outputs of `shard` whose marker was never written, by the endings that stages give them."""
        parent, stem = self.records(shard).parent, glob.escape(self.records(shard).stem)
        for ending in ENDINGS if parent.is_dir() else ():
            yield from (path for path in parent.glob(f"{stem}.{ending}") if path.is_file() and not path.is_symlink())

    def shards(self) -> list[str]:
        """Return the shards that have a marker or a quarantine note."""
        found = {
            str(path.relative_to(self.path / kind).with_suffix(""))
            for kind in ("done", "failed")
            for path in sorted((self.path / kind).rglob("*.json"))
        }
        return sorted(found)


def read_records(path: Path, kind: type[RecordT]) -> Iterator[RecordT]:
    """Yield the records of a JSON-lines file; a bad line is an InputError with file and line."""
    with path.open("rb") as handle:
        yield from decode_records(handle, kind, path)


def decode_records(lines: Iterable[bytes], kind: type[RecordT], path: Path) -> Iterator[RecordT]:
    """Yield the records of `lines`, which `path` held; a bad line is an InputError with file and line."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, start=1):
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(str(path), f"not a {kind.__name__}: {error}", number) from error


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def stamp(path: Path, known: FileStamp | None) -> FileStamp:
    """Return the stamp of `path`; `known` is trusted while size and mtime are those of the file."""
    stat = path.stat()
    if known and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return known
    return FileStamp(size=stat.st_size, mtime_ns=stat.st_mtime_ns, sha256=hash_file(path))


def clean_partial(root: Path) -> None:
    """Remove what a killed run left half-written under `root`; no link is followed."""
    for path in root.rglob(f"*.[0-9]*{TEMPORARY}"):
        if path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)


def out_of_space(error: BaseException, root: Path) -> bool:
    """Return True where `error` came of a full disk; libraries do not all pass the number of the error on."""
    if not isinstance(error, OSError):
        return False
    return error.errno in {errno.ENOSPC, errno.EDQUOT} or shutil.disk_usage(root).free < LEAST_FREE_BYTES
