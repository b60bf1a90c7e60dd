"""The one reader of published Parquet: which files there are, rows without their audio, and audio by line.

A dataset folder is `dataset/<split>/*.parquet`, one row a line, the columns of `audiorole.published.schema`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.errors import InputError

GROUPS_KEPT = 6
"""Row groups held in memory, encoded: an episode of television is 20–60 MB of FLAC."""

Row = dict[str, Any]


@dataclass(frozen=True)
class RowPlace:
    """Where a line's row lies: file, row group, and row within the group."""

    path: Path
    group: int
    row: int


def dataset_root(folder: Path) -> Path:
    """Return the dataset folder itself, whether `folder` is it or the build folder around it."""
    return folder / "dataset" if (folder / "dataset").is_dir() else folder


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a dataset folder or of the build around it, in the order of splits and episodes.

    Raises InputError where there are none.
    """
    paths = sorted(dataset_root(folder).glob("*/*.parquet"))
    if not paths:
        raise InputError(
            str(folder),
            "holds no published dataset (no .parquet file); make one: audiorole build FOLDER --out OUT",
        )
    return paths


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[RowPlace, Row]]:
    """Yield (place, row) of one file, with these columns. Raises InputError for a file that audiorole did not publish.

    The audio is not read unless `columns` names it.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file, {*columns, "audio"})
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns=list(columns)).to_pylist()
                yield from ((RowPlace(path, group, at), row) for at, row in enumerate(rows))
    except pa.ArrowException as error:
        raise InputError(str(path), f"not a readable Parquet file ({error})") from error


def read_sounds(path: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (line id, encoded audio) of the wanted lines, reading only the row groups that hold one of them."""
    with pq.ParquetFile(path) as table:
        for group in range(table.num_row_groups):
            ids = table.read_row_group(group, columns=["id"]).column("id").to_pylist()
            rows = [row for row, identity in enumerate(ids) if identity in wanted]
            if rows:
                audio = table.read_row_group(group, columns=["audio.bytes"]).column("audio")
                yield from ((ids[row], audio[row].as_py()["bytes"]) for row in rows)


class EncodedAudio:
    """Place → encoded audio. Row groups are read when one of their lines is asked for; a few stay in memory."""

    def __init__(self) -> None:
        self._group = functools.lru_cache(maxsize=GROUPS_KEPT)(_group_audio)

    def __call__(self, place: RowPlace) -> bytes:
        """Return the bytes of an audio file (FLAC, Ogg Opus or WAV)."""
        return bytes(self._group(place.path, place.group)[place.row]["bytes"].as_py())

    def suffix(self, place: RowPlace) -> str:
        """Return what the name of such a file ends in, without the dot."""
        return Path(self._group(place.path, place.group)[place.row]["path"].as_py()).suffix[1:]


def _group_audio(path: Path, group: int) -> Any:
    with pq.ParquetFile(path) as file:
        return file.read_row_group(group, columns=["audio"]).column("audio").combine_chunks()


def _check_columns(path: Path, file: pq.ParquetFile, wanted: Collection[str]) -> None:
    missing = sorted(set(wanted) - set(file.schema_arrow.names))
    if missing:
        raise InputError(str(path), f"has no column {missing[0]!r}: not a dataset that audiorole published")
