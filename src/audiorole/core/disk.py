"""What reaches the disk, in one place: a file is whole or absent, and on the disk before anything vouches for it.

A write goes to a partial file beside its target, is fsynced, and takes the target's name in one step. Only regular
files are opened for reading: a pipe would wait forever, a device never ends, and links may run in circles.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiorole.errors import InputError

TEMPORARY = ".audiorole-partial"
"""How the names of half-written files of ours end, behind a process number: nobody else's files are called so."""

DIGEST_BYTES = 32


class _Raw(io.RawIOBase):
    """An open descriptor that writes by `os.write` alone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: object) -> int:
        return os.write(self._descriptor, data)  # type: ignore[arg-type]

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def create(path: Path) -> io.BufferedWriter:
    """Open a new file at `path` for writing; what was there goes, a link is never followed."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    return io.BufferedWriter(_Raw(descriptor), 1 << 16)


def partial_of(path: Path) -> Path:
    """Return where a file is written before it is called `path`."""
    return path.with_name(f"{path.name}.{os.getpid()}{TEMPORARY}")


def settle(handle: io.BufferedWriter) -> os.stat_result:
    """Flush and fsync an open file and close it; return its stat."""
    try:
        handle.flush()
        os.fsync(handle.fileno())
        return os.fstat(handle.fileno())
    finally:
        drop(handle)


def drop(handle: io.BufferedWriter) -> None:
    """Close without writing what is still in the buffer of a file that could not be written."""
    try:
        handle.close()
    except OSError:
        handle.raw.close()


@contextmanager
def whole(path: Path) -> Iterator[io.BufferedWriter]:
    """Give a file to write; at the end it is on the disk under the name `path`, after an error it is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    handle = create(partial)
    try:
        yield handle
        settle(handle)
        partial.replace(path)
    except BaseException as error:
        drop(handle)
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a write does not say where
            error.filename = str(path)
        raise
    sync_folder(path.parent)


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` so that a reader sees the old file or the new one, never a part, whatever fails meanwhile."""
    with whole(path) as handle:
        handle.write(data)


def write_changed(path: Path, data: bytes) -> bool:
    """Write a file that does not hold `data` already; return whether it was written."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    write_atomic(path, data)
    return True


def sync_file(path: Path) -> os.stat_result:
    """Fsync a file that a library wrote; return its stat."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Fsync a folder, so that the names in it outlast a power cut; where a file system has no such thing, nothing."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def write_sealed(path: Path, data: bytes) -> None:
    """Write `data` with its SHA-256 behind it, for `read_sealed`."""
    write_atomic(path, data + hashlib.sha256(data).digest())


def read_sealed(path: Path) -> bytes | None:
    """Return what `write_sealed` wrote, None where nothing is there or it is damaged."""
    try:
        content = read_regular(path)
    except InputError:
        return None
    data, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    return data if hashlib.sha256(data).digest() == digest else None


def not_regular(path: Path) -> str:
    """Return why `path` cannot be read as a file, "" where it can; nothing is opened."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads back to itself"
        return "a link to nothing" if path.is_symlink() else f"cannot be read ({error.strerror})"
    except ValueError:
        return "its name holds a NUL character"
    return "" if stat.S_ISREG(mode) else f"not a regular file but {_kind(mode)}"


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def read_regular(path: Path, most: int | None = None) -> bytes:
    """Return the bytes of a regular file; never waits for a pipe.

    most: bytes that it may have. Raises InputError for anything else, and for what cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise InputError(str(path), not_regular(path) or f"cannot be read ({_reason(error)})") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise InputError(str(path), f"not a regular file but {_kind(status.st_mode)}")
    with os.fdopen(descriptor, "rb") as handle:
        if most is not None and status.st_size > most:
            raise InputError(str(path), f"has {status.st_size:,} bytes; at most {most:,} are read")
        try:
            return handle.read()
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)
