"""What was used of all that belongs to an episode, and what was not; lies beside its records as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec

from audiorole.types import Record


class SourcesNote(Record, frozen=True):
    """subtitles, script: names of what was used, "" for none. spoken: the language that was heard, "" where not asked.

    unused: (name, reason) of every other subtitle and script of the episode.
    """

    subtitles: str = ""
    script: str = ""
    spoken: str = ""
    unused: tuple[tuple[str, str], ...] = ()


NOTE = "sources.json"
"""What the note is called behind the shard's name."""


def write_note(path: Path, note: SourcesNote) -> None:
    """Write the note."""
    path.write_bytes(msgspec.json.encode(note))


def read_note(path: Path) -> SourcesNote:
    """Return the note at `path`, an empty one where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=SourcesNote) if path.is_file() else SourcesNote()
