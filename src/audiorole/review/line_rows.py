"""What lists need of a line's record, read from an episode's file."""

from __future__ import annotations

from pathlib import Path

import msgspec


class LineName(msgspec.Struct):
    """Who says the line, how surely, in which voice."""

    character: str = ""
    probability: float = 0.0
    speaker: str = ""


class LineSpeech(msgspec.Struct):
    """The share that others speak over, in [0, 1]."""

    overlap_share: float = 0.0


class LineQuality(msgspec.Struct):
    """The tier of its quality, A to C."""

    tier: str = ""


class LineRow(msgspec.Struct):
    """The part of a line's record that lists show; everything else in the record is passed over."""

    id: str
    start: float
    end: float
    text: str = ""
    naming: LineName | None = None
    speech: LineSpeech | None = None
    quality: LineQuality | None = None


def read_line_rows(path: Path) -> list[LineRow]:
    """Return the lines of an episode's records, by their start; none where the file is not there."""
    if not path.exists():
        return []
    decoder = msgspec.json.Decoder(LineRow)
    rows = [decoder.decode(row) for row in path.read_bytes().splitlines()]
    return sorted(rows, key=lambda row: (row.start, row.id))
