"""The folder `dataset`, replaced in one step: a reader sees the old files or the new ones, whole, whatever fails.

    OUT/.audiorole                the stamp; in it, which files of `dataset` are ours, sealed
    OUT/run/done/published.json   the same with their times, so that an untouched file is not read again
    OUT/dataset/                  what a user takes away
    OUT/.dataset-new/             the next one while it is laid out, then the last one while it is cleared

The new folder is laid out beside the old one and the two trade places. What is not listed is somebody's: it moves
along, and where it stands in the way, nothing is published.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from audiorole.core.disk import TEMPORARY, read_sealed, sync_folder, write_atomic, write_sealed
from audiorole.core.out_folder import STAMP
from audiorole.errors import InputError
from audiorole.pipeline.store import FileStamp, hash_file
from audiorole.types import Record

DATASET, NEW, OLD = "dataset", ".dataset-new", ".dataset-old"
TIMES = "run/done/published.json"


class Published(Record, frozen=True):
    """Our files in `dataset`: name → stamp."""

    files: dict[str, FileStamp] = msgspec.field(default_factory=dict)


def read_published(out: Path) -> Published:
    """Return which files of `OUT/dataset` are ours; none where no list of them is whole."""
    if data := read_sealed(out / TIMES):
        return msgspec.json.decode(data, type=Published)
    if data := read_sealed(out / STAMP):
        digests = msgspec.json.decode(data, type=dict[str, str])
        return Published({name: FileStamp(UNKNOWN, UNKNOWN, digest) for name, digest in digests.items()})
    return Published()


def doubt(out: Path, names: list[str]) -> None:
    """Let the next build read these files of ours, and replace those that are damaged."""
    files = read_published(out).files
    doubted = {name: FileStamp(UNKNOWN, UNKNOWN, files[name].sha256) for name in names}
    _list(out, Published(files | doubted))


UNKNOWN = -1
"""Size and time of a file of which only the hash is known: it is read to be compared."""


def _list(out: Path, published: Published) -> None:
    digests = {name: stamp.sha256 for name, stamp in published.files.items()}
    write_sealed(out / STAMP, msgspec.json.encode(digests, order="sorted"))
    write_sealed(out / TIMES, msgspec.json.encode(published, order="sorted"))


def intact(path: Path, stamp: FileStamp, full: bool = False) -> bool:
    """Return whether a published file is what was published; hashed where its time differs, or always if `full`."""
    try:
        stat = path.lstat()
        if not full and (stat.st_size, stat.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
            return True
        return path.is_file() and not path.is_symlink() and hash_file(path) == stamp.sha256
    except OSError:
        return False


def publish_files(out: Path, files: Mapping[str, tuple[Path, str]], texts: Mapping[str, bytes]) -> bool:
    """Make `OUT/dataset` hold exactly these files of ours; return False where it did already.

    files: name → (where it lies now, SHA-256 of its bytes); it is linked, or copied where links are not possible.
    texts: name → content. Raises InputError where somebody's file stands in the way.
    """
    _recover(out)
    before = read_published(out)
    if _is_there(out / DATASET, before, files, texts):
        _clear(out, before)  # what a run that was stopped after the trade left
        _mend_lists(out, before)
        return False
    foreign = list(_foreign(out / DATASET, before))
    _refuse_in_the_way(out / DATASET, foreign, {*files, *texts})
    _clear(out, before)
    after = _lay_out(out / NEW, files, texts)
    _take_along(out, foreign)
    _list(out, Published(before.files | after.files))
    _trade(out)
    _clear(out, Published(before.files | after.files))
    _list(out, after)
    return True


def _mend_lists(out: Path, published: Published) -> None:
    if read_sealed(out / STAMP) is None or read_sealed(out / TIMES) is None:
        stamps = {name: _stamp(out / DATASET / name, known.sha256) for name, known in published.files.items()}
        _list(out, Published(stamps))


def _is_there(
    folder: Path, before: Published, files: Mapping[str, tuple[Path, str]], texts: Mapping[str, bytes]
) -> bool:
    """Return whether the folder holds the files already."""
    wanted = {name: digest for name, (_, digest) in files.items()}
    wanted |= {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()}
    listed = {name: stamp.sha256 for name, stamp in before.files.items()}
    return wanted == listed and all(intact(folder / name, stamp) for name, stamp in before.files.items())


def _foreign(folder: Path, published: Published) -> Iterator[str]:
    """Yield the names in `folder` of what we did not put there."""
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(str(folder), "is not a folder of ours, and nothing is written through it; move it away")
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        empty = [] if folders or names or Path(here) == folder else [""]
        for name in (*names, *links, *empty):
            relative = str((Path(here) / name).relative_to(folder))
            if relative not in published.files:
                yield relative


def _refuse_in_the_way(folder: Path, foreign: list[str], wanted: set[str]) -> None:
    for name in foreign:
        path = folder / name
        ends = path.is_symlink() or not path.is_dir()
        if name in wanted or (ends and any(target.startswith(f"{name}/") for target in wanted)):
            raise InputError(str(path), "is in the way of the dataset and not ours; move it away and build again")


def _lay_out(folder: Path, files: Mapping[str, tuple[Path, str]], texts: Mapping[str, bytes]) -> Published:
    stamps: dict[str, FileStamp] = {}
    folder.mkdir(exist_ok=True)
    for name, data in texts.items():
        write_atomic(folder / name, data)
        stamps[name] = _stamp(folder / name, hash_file(folder / name))
    for name, (source, digest) in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _link(source, folder / name)
        stamps[name] = _stamp(folder / name, digest)
    for here, _, _ in os.walk(folder):
        sync_folder(Path(here))
    return Published(stamps)


def _stamp(path: Path, digest: str) -> FileStamp:
    stat = path.lstat()
    return FileStamp(stat.st_size, stat.st_mtime_ns, digest)


def _link(source: Path, target: Path) -> None:
    """Hard-link, or copy where the file system cannot."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EACCES}:
            raise
        shutil.copy2(source, target, follow_symlinks=False)


def _take_along(out: Path, foreign: list[str]) -> None:
    """Give what is not ours a second name in the new folder, so that it is in its place at every moment."""
    for name in foreign:
        source, target = out / DATASET / name, out / NEW / name
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            continue  # a file system without links: `_clear` moves it


def _trade(out: Path) -> None:
    """Let the new folder and `dataset` trade places, in one step where the system can."""
    dataset, new, old = out / DATASET, out / NEW, out / OLD
    if not dataset.exists():
        new.rename(dataset)
    elif not _exchange(dataset, new):
        dataset.rename(old)
        new.rename(dataset)
        old.rename(new)
    sync_folder(out)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders by Linux's renameat2; False where there is no such call."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2
    if call(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    if (number := ctypes.get_errno()) in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), str(one))


def _recover(out: Path) -> None:
    """Put `dataset` back where a run was killed between two renames."""
    if (out / OLD).is_dir() and not (out / OLD).is_symlink():
        if not os.path.lexists(out / DATASET):
            (out / OLD).rename(out / DATASET)
        elif not os.path.lexists(out / NEW):
            (out / OLD).rename(out / NEW)


def _clear(out: Path, published: Published) -> None:
    """Empty the folder beside `dataset`: what is listed goes, what is not ours goes where it belongs."""
    folder = out / NEW
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(str(folder), "is in the way; move it away and build again")
    for here, _, names in os.walk(folder, topdown=False):
        for name in names:
            _clear_one(out, str((Path(here) / name).relative_to(folder)), published)
        _remove_empty(Path(here))


def _clear_one(out: Path, name: str, published: Published) -> None:
    path, place = out / NEW / name, out / DATASET / name
    if name in published.files or path.name.endswith(TEMPORARY) or _same(path, place):
        path.unlink()
    elif not os.path.lexists(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)


def _same(path: Path, place: Path) -> bool:
    try:
        return path.lstat().st_ino == place.lstat().st_ino
    except OSError:
        return False


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
