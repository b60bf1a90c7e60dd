"""SRT and ASS: the lines as subtitles, the character as the actor; one file an episode.

ASS has a field for who speaks. SRT has none: there each line begins with the name in square brackets, which players
show and audiorole reads back. Times are those of the episode's audio.
"""

from __future__ import annotations

import re
from pathlib import Path

import pysubs2

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.types import spoken_name


def write_ass(export: Export, folder: Path) -> None:
    """Write `<show>-<episode>.ass`."""
    _write(export, folder, "ass")


def write_srt(export: Export, folder: Path) -> None:
    """Write `<show>-<episode>.srt`."""
    _write(export, folder, "srt")


def _write(export: Export, folder: Path, form: str) -> None:
    for episode, lines in export.episodes():
        file = pysubs2.SSAFile()
        file.events = [_event(line, form) for line in lines]
        (folder / f"{episode.stem}.{form}").write_text(file.to_string(form), encoding="utf-8", newline="\n")


def _event(line: PublishedLine, form: str) -> pysubs2.SSAEvent:
    values, name = line.values, _name(line)
    text = " ".join(unmarked(values["text"]).split())
    if form == "srt" and name:
        text = f"[{name}] {text}"
    start, end = (round(values[at] * 1000) for at in ("start", "end"))
    return pysubs2.SSAEvent(start, end, text, name=name)


def unmarked(text: str) -> str:
    """Return a text in which players find no markup.

    >>> unmarked("He said <audio>, {ever}, 1 < 2")
    'He said ‹audio›, ❴ever❵, 1 < 2'
    """
    return re.sub(r"<([^<>]*)>", r"‹\1›", text).translate(_BRACES)


_BRACES = str.maketrans({"{": "❴", "}": "❵", "\\": "⧵"})


def _name(line: PublishedLine) -> str:
    """Return the character's name, without what ends the field in ASS or the brackets in SRT; "" for nobody known."""
    return re.sub(r"[\[\],\s]+", " ", spoken_name(line.character)).strip()
