"""STM: who says what when, one file an episode; what tools for recognition of meetings score against.

A row is recording, channel, speaker, begin, end, text. The text is one row without a `;;`, which would end it.
"""

from __future__ import annotations

from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.formats.transcripts.tokens import token
from audiorole.published.lines import PublishedLine


def write(export: Export, folder: Path) -> None:
    """Write `<show>-<episode>.stm`."""
    for episode, lines in export.episodes():
        rows = "".join(_row(episode.stem, line) for line in lines)
        (folder / f"{episode.stem}.stm").write_text(rows, encoding="utf-8", newline="\n")


def _row(recording: str, line: PublishedLine) -> str:
    values = line.values
    text = " ".join(values["text"].replace(";;", ";").split())
    return f"{recording} 1 {token(line.voice)} {values['start']:.3f} {values['end']:.3f} {text}\n"
