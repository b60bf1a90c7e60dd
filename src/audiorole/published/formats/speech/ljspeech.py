"""LJSpeech, one folder a character: `metadata.csv` of id, text and normalised text; `wavs/<id>.wav` at 22,050 Hz.

Splits stay apart: `<character>/<split>/`. Most trainers of text-to-speech read this form.
"""

from __future__ import annotations

from pathlib import Path

from audiorole.core.folder_names import folder_names
from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import samples_of, write_wav

RATE = 22_050


def write(export: Export, folder: Path) -> None:
    """Write the lines of every named character; the others are dropped as `no_character`."""
    export.named = True
    names = folder_names(sorted({line.character for line in export}))
    for line in export:
        home = folder / names[line.character] / line.split
        write_wav(home / "wavs" / f"{line.name}.wav", [samples_of(line, RATE)], RATE)
        with (home / "metadata.csv").open("a", encoding="utf-8", newline="\n") as handle:
            handle.write(f"{line.name}|{_cell(line, 'text')}|{_cell(line, 'normalised')}\n")


def _cell(line: PublishedLine, column: str) -> str:
    """Return a text without what ends a cell or a row; the form knows no quotes."""
    text = line.values[column] or line.values["text"]
    return " ".join(text.replace("|", "/").split())
