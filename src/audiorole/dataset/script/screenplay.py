"""Scripts with names on rows of their own: screenplays by capitals or by indentation alone, transcription services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from audiorole.dataset.script.going_on import Page
from audiorole.dataset.script.pages import BOLD, PLAIN
from audiorole.dataset.script.records import ScriptLine
from audiorole.dataset.script.rows import ScriptRow
from audiorole.dataset.script.speakers import TRANSITION, clean_name, is_name_like, is_plain_name
from audiorole.dataset.script.speech import is_direction, scene_of, speech, without_directions
from audiorole.dataset.subtitles.marks.names import fold
from audiorole.types import Record

_COLUMN = 4
"""Columns by which names stand further right than words, in a script that indents."""
_NEAR = 2
_FEWEST = 3
_HABIT = 0.3
"""Share of the rows that names on rows of their own make; with their words they make about half."""


class _Named(Record, frozen=True):
    """A row that may be a name. capitals, styled: how it is set off; opens: an empty row, or nothing, is above."""

    row: ScriptRow
    name: str
    capitals: bool
    styled: bool
    opens: bool


def read_screenplay(rows: Sequence[ScriptRow]) -> Iterator[ScriptLine]:
    """Yield the speeches in order; rows that no name stands above have no speaker."""
    names = _names(rows)
    page = Page(rows, names)
    paragraphs = _are_paragraphs(rows, names)
    scene, name, began, parts = "", "", 0, list[ScriptRow]()
    for row in (*rows, ScriptRow(0, "")):
        heading = scene_of(row) if row.text else None
        if TRANSITION.match(row.plain):
            row = ScriptRow(row.number, "")
        ends = heading is not None or row.number in names or (not row.text and (parts or not row.number))
        if ends or (name and parts and row.text and not _belongs(parts, row, page, paragraphs)):
            if name and parts:
                yield speech(name, " ".join(part.plain for part in parts), began, scene)
            name, parts = "", []
        if row.number in names:
            name, began = names[row.number], row.number
        elif heading is not None:
            scene = heading
        elif name and row.text:
            parts.append(row)
        elif row.text and not is_direction(row) and not row.heading:
            yield speech("", row.plain, row.number, scene)


def _belongs(parts: Sequence[ScriptRow], row: ScriptRow, page: Page, paragraphs: bool) -> bool:
    """Tell whether a row below the words of a speech is still part of it: indented alike, in one paragraph."""
    first = next((part for part in parts if not is_direction(part)), None)
    if first is None or is_direction(row):
        return True
    if first.indent >= _COLUMN and row.indent + _NEAR < first.indent:
        return False
    return paragraphs or page.goes_on(parts[-1], row, says_nothing=False)


def _are_paragraphs(rows: Sequence[ScriptRow], names: dict[int, str]) -> bool:
    """Tell whether an empty row stands above most names: then a speech goes down to the next one."""
    opened = sum(row.number in names and (at == 0 or not rows[at - 1].text) for at, row in enumerate(rows))
    return bool(names) and opened >= 0.8 * len(names)


def _names(rows: Sequence[ScriptRow]) -> dict[int, str]:
    """Return row number → name of the rows that name a speaker."""
    found = list(_candidates(rows))
    times = Counter(fold(one.name) for one in found)
    filled = sum(bool(row.text) for row in rows)
    column = _column(found, times, rows)
    chosen: dict[int, str] = {}
    for one in found:
        back = times[fold(one.name)] > 1
        if column is not None:
            fits = abs(one.row.indent - column) <= _NEAR and len(one.name.split()) <= 4
        else:
            fits = one.capitals and (one.opens or back)
        if fits:
            chosen[one.row.number] = one.name
    for habit in ([one for one in found if one.styled], [one for one in found if one.opens], found):
        if len(chosen) < _FEWEST or column is None:
            chosen |= _by_habit(habit, times, filled, chosen)
    return chosen


def _by_habit(found: Sequence[_Named], times: Counter[str], filled: int, chosen: dict[int, str]) -> dict[int, str]:
    """Return the names among rows set off in one way, where enough of them return; then one may occur once."""
    back = [one for one in found if times[fold(one.name)] > 1]
    if len({fold(one.name) for one in back}) < 2 or len(back) < max(_FEWEST, _HABIT * filled):
        return {}
    taken = {one.row.number for one in back} | set(chosen)
    alone = {
        one.row.number: one.name
        for one in found
        if is_plain_name(one.name) and len(one.name.split()) <= 3 and one.row.number - 1 not in taken
    }
    return {**{one.row.number: one.name for one in back}, **alone}


def _column(found: Sequence[_Named], times: Counter[str], rows: Sequence[ScriptRow]) -> int | None:
    """Return the indent of the names in a script that sets them apart by it, None in every other."""
    indents = Counter(one.row.indent for one in found if one.capitals or times[fold(one.name)] > 1)
    if not indents:
        return None
    column, count = max(indents.items(), key=lambda item: item[1])
    below = [row.indent for row in rows if row.text and row.indent < column - _COLUMN + 1]
    return column if count >= _FEWEST and column >= 2 * _COLUMN and len(below) >= count else None


def _candidates(rows: Sequence[ScriptRow]) -> Iterator[_Named]:
    for at, row in enumerate(rows):
        following = [other for other in rows[at + 1 : at + 3] if other.text][:1]
        if not row.text or not following or scene_of(row) is not None or TRANSITION.match(row.plain):
            continue
        shown = without_directions(row.plain).rstrip(":： ")
        name = clean_name(shown)
        if is_direction(row) or not is_name_like(name) or (shown[-1:] in ".!?…,;-–—" and not shown.endswith(".")):
            continue
        if shown.endswith(".") and not name.endswith("."):
            continue
        bold = row.text.startswith(BOLD) and row.text.rstrip(" :").endswith(PLAIN)
        styled = bold or row.heading or row.stamped or row.plain.endswith((":", "："))
        capitals = name == name.upper() and name != name.lower()
        yield _Named(row, name, capitals, styled, opens=at == 0 or not rows[at - 1].text)
