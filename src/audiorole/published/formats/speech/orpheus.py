"""Orpheus and the notebooks of unsloth: Parquet with the columns `audio`, `text` and `source`, the name of the voice.

`datasets.load_dataset("parquet", data_dir=…)` opens it; the notebooks bring the sound to 24 kHz themselves.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.published.exporting import Export
from audiorole.published.formats.corpora.tables import sound_cell, write_tables
from audiorole.published.lines import PublishedLine
from audiorole.published.reader import parquet_files
from audiorole.published.schema import AUDIO, layout_of, sample_rate
from audiorole.types import shown_names
from audiorole.types.plain import JsonObject

FIELDS: list[tuple[str, pa.DataType]] = [
    ("audio", AUDIO),
    ("text", pa.string()),
    ("source", pa.string()),
    ("id", pa.string()),
]


def write(export: Export, folder: Path) -> None:
    """Write `<split>/<show>-<episode>.parquet`; lines of nobody known are dropped as `no_character`."""
    export.named = True
    shown = shown_names(sorted({line.character for line in export}))
    layout = layout_of(FIELDS, sample_rate(pq.read_schema(parquet_files(export.folder)[0])))

    def row(line: PublishedLine) -> JsonObject:
        text = " ".join(line.values["text"].split())
        return {"audio": sound_cell(line), "text": text, "source": shown[line.character], "id": line.id}

    write_tables(export, folder, layout, row)
