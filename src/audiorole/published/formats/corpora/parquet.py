"""The dataset itself, with only the chosen lines: the columns of the build, for another build's worth of readers.

What a format takes a build folder for, it takes this folder for too.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from audiorole.published.exporting import Export
from audiorole.published.formats.corpora.tables import sound_cell, write_tables
from audiorole.published.hub_head import hub_head, opening, table_facts
from audiorole.published.reader import parquet_files
from audiorole.published.schema import FIELDS, sample_rate, schema


def write(export: Export, folder: Path) -> None:
    """Write `<split>/<show>-<episode>.parquet` and a README.md whose head the hub and `datasets` read."""
    names = [name for name, _ in FIELDS]
    layout = schema(sample_rate(pq.read_schema(parquet_files(export.folder)[0])))
    write_tables(
        export,
        folder,
        layout,
        lambda line: {name: sound_cell(line) if name == "audio" else line.values[name] for name in names},
    )
    facts = table_facts((path.parent.name, path) for path in sorted(folder.glob("*/*.parquet")))
    title = (
        f"# {', '.join(sorted(facts.series))}: chosen lines\n\n`export.json` says which, and why others are not here."
    )
    card = "\n".join((hub_head(facts), title, "", opening(), ""))
    (folder / "README.md").write_text(card, encoding="utf-8", newline="\n")
