"""RTTM: who speaks when, one file an episode; what diarization tools score against.

Times are those of the episode's audio. A name is one word there: `show/Ann Lee` is `show/Ann_Lee-` and a mark.
"""

from __future__ import annotations

from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.formats.transcripts.tokens import token
from audiorole.published.lines import PublishedLine


def write(export: Export, folder: Path) -> None:
    """Write `<show>-<episode>.rttm`."""
    for episode, lines in export.episodes():
        rows = "".join(_row(episode.stem, line) for line in lines)
        (folder / f"{episode.stem}.rttm").write_text(rows, encoding="utf-8", newline="\n")


def _row(recording: str, line: PublishedLine) -> str:
    start, duration = line.values["start"], line.values["end"] - line.values["start"]
    return f"SPEAKER {recording} 1 {start:.3f} {duration:.3f} <NA> <NA> {token(line.voice)} <NA> <NA>\n"
