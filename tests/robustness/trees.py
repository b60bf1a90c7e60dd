"""What of an output folder must be the same, whatever happened on the way."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq


def dataset_bytes(out: Path) -> dict[str, bytes]:
    """Return the dataset's files."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted((out / "dataset").rglob("*")) if p.is_file()}


def result_bytes(out: Path) -> dict[str, bytes]:
    """Return every file of a build but markers, which hold times, earlier results, locks and where the media lay."""
    left_out = {"done", "kept", "failed", "built.json"}
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and not left_out & set(p.parts))
    return {str(p.relative_to(out)): p.read_bytes() for p in files if not p.name.endswith("lock")}


def opens(out: Path) -> int:
    """Return the number of rows of the published dataset; every file of it is read whole."""
    return sum(pq.read_table(path).num_rows for path in sorted((out / "dataset").rglob("*.parquet")))
