"""Parquet, one file an episode under `<split>/`, with an `Audio` column that `datasets` understands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.types.plain import JsonObject

ROWS = 128
"""Per row group: some megabytes of sound."""


def write_tables(
    export: Export, folder: Path, layout: pa.Schema, row_of: Callable[[PublishedLine], JsonObject]
) -> None:
    """Write `<split>/<show>-<episode>.parquet` with one row for each chosen line."""
    for episode, lines in export.episodes():
        path = folder / episode.split / f"{episode.stem}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(path, layout, compression="zstd", use_dictionary=_plain(layout)) as writer:
            for part in _parts(lines):
                writer.write_table(pa.Table.from_pylist([row_of(line) for line in part], schema=layout))


def sound_cell(line: PublishedLine) -> JsonObject:
    """Return the value of an `Audio` column."""
    return {"bytes": line.audio, "path": f"{line.name}.{line.suffix}"}


def _parts(lines: Sequence[PublishedLine]) -> Iterable[tuple[PublishedLine, ...]]:
    rest = iter(lines)
    return iter(lambda: tuple(itertools.islice(rest, ROWS)), ())


def _plain(layout: pa.Schema) -> list[str]:
    """Return the columns that a dictionary makes smaller: text, but not sound."""
    return [field.name for field in layout if pa.types.is_string(field.type)]
