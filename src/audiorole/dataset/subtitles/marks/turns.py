"""Where a cue itself marks that somebody else begins: `>>` of broadcast captions, voices and colours of the format.

Each such place becomes one private-use character at the start of a row, so that what follows (sounds, names, dashes)
sees plain text; the marks keep their place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.types import Record

_FIRST_MARK = 0xF0000  # private use, plane 15: `markup.visible` removes such characters, so none is in a cue
TURNS = re.compile("[\U000f0000-\U000fffff]")
"""Any turn's character."""
_CHEVRONS = re.compile(
    r"(?:^|(?<=[\s.!?…。！？]))[-–—]?\s*(?:>>+|＞＞+|≫|››+|⟩⟩+|❯+)\s*(?=\S)"
    # One alone, or what closes a quotation elsewhere, only where a sentence begins with it.
    r"|^[-–—]?\s*(?:[>＞»›⟩])\s*(?=[^\W\d_a-zß-ÿ]|[¿¡\[(\"“])"
)
_QUOTED = re.compile(r"<<|[«《‹⟨]")
DASHES = "-–—‐‑―−－﹣⁃⸺⸻"
"""Dashes that open what somebody says."""
BULLETS = "•·∙●▪◦"
"""Marks that do the same before a space."""


class SpeakerChange(Record, frozen=True):
    """A place where another speaker begins. speaker: as the format names them; label: a colour, "" for none."""

    speaker: str = ""
    label: str = ""


def with_turns(rows: Sequence[ShownLine], colours: bool) -> tuple[str, tuple[SpeakerChange, ...]]:
    """Return the rows as text, one a line, and the turns that its private-use characters stand for.

    colours: whether the file's colours tell its speakers apart.
    """
    turns: list[SpeakerChange] = []
    lines = []
    rows = with_dashes_in_front(rows)
    for at, row in enumerate(rows):
        before = rows[at - 1] if at else ShownLine("")
        label = f"colour {row.colour or 'usual'}" if colours else ""
        changes = row.voice != before.voice or (colours and (at == 0 or row.colour != before.colour))
        lines.append(
            (_marked(turns, SpeakerChange(row.voice, label)) if changes else "") + _chevrons(row.text, turns, label)
        )
    return "\n".join(lines), tuple(turns)


_DASH_BEHIND = re.compile(rf"^(?P<words>[^{DASHES}].*[\u0590-\u08ff].*?|[^{DASHES}]*[\u0590-\u08ff])\s*[{DASHES}]$")


def with_dashes_in_front(rows: Sequence[ShownLine]) -> Sequence[ShownLine]:
    """Put the dashes of two speakers before their words where a file from right to left has them behind."""
    found = [_DASH_BEHIND.match(row.text) for row in rows]
    if sum(map(bool, found)) < 2:
        return rows
    return [
        msgspec.structs.replace(row, text=f"- {match['words']}") if match else row
        for row, match in zip(rows, found, strict=True)
    ]


def turn_number(char: str) -> int:
    """Return which turn the character stands for."""
    return ord(char) - _FIRST_MARK


def _marked(turns: list[SpeakerChange], turn: SpeakerChange) -> str:
    turns.append(turn)
    return chr(_FIRST_MARK + len(turns) - 1)


def _chevrons(text: str, turns: list[SpeakerChange], label: str) -> str:
    """Put a mark, on a row of its own, where `>>` says that another speaker begins; `<<quoted>>` stays."""
    if _QUOTED.search(text):
        return text
    pieces = _CHEVRONS.split(text)
    first, *others = (piece.strip() for piece in pieces)
    marked = [_marked(turns, SpeakerChange(label=label)) + other for other in others]
    return "\n".join([first, *marked] if first or not marked else marked)
