"""A report that is still right is not written again: it holds sound, which takes time to encode."""

from __future__ import annotations

from pathlib import Path

import msgspec

import audiorole
from audiorole.core.disk import read_sealed, write_sealed
from audiorole.pipeline.store import FileStamp, stamp
from audiorole.report.dataset import write_report
from audiorole.types import Record

NAME, NOTE = "report.html", "run/done/report.json"


class KeptReport(Record, frozen=True):
    """The report as it was written, and the version of audiorole that wrote it."""

    file: FileStamp
    version: str


def report_of(out: Path, changed: bool) -> Path:
    """Return the report of the build in `out`, written anew where the build `changed` anything or it was touched."""
    path = out / NAME
    if not changed and _is_kept(out):
        return path
    path = write_report(out)
    write_sealed(out / NOTE, msgspec.json.encode(KeptReport(stamp(path, None), audiorole.__version__)))
    return path


def _is_kept(out: Path) -> bool:
    data = read_sealed(out / NOTE)
    if data is None or not (out / NAME).is_file():
        return False
    kept = msgspec.json.decode(data, type=KeptReport)
    stat = (out / NAME).stat()
    same = (stat.st_size, stat.st_mtime_ns) == (kept.file.size, kept.file.mtime_ns)
    return same and kept.version == audiorole.__version__
