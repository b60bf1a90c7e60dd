"""Scripts with name and words in one row: `NAME: line` and the other shapes in which people write that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from audiorole.dataset.script.going_on import Page
from audiorole.dataset.script.records import ScriptLine
from audiorole.dataset.script.rows import ScriptRow
from audiorole.dataset.script.shapes import RowReading, candidates
from audiorole.dataset.script.speakers import clean_name, is_plain_name
from audiorole.dataset.script.speech import is_direction, scene_of, speech, without_directions
from audiorole.dataset.subtitles.marks.names import fold
from audiorole.dataset.subtitles.marks.sounds import is_sound

_SURE = frozenset({"colon", "bold", "tab"})
_HABITS = {"bracket": 0.3, "dash": 0.3, "arrow": 0.3, "aside": 0.3, "says": 0.3, "quote": 0.3, "bold": 0.2, "tab": 0.3,
           "capital dot": 0.3, "dot": 0.5, "comma": 0.7, "capitals": 0.3, "after": 0.6}  # fmt: skip
"""Share of the rows that a shape fills with names that return, before a name in it counts that occurs once."""
_FEWEST = 3

Speech = tuple[str, ScriptLine]
"""What stood in brackets between name and words, and the line."""


class Names:
    """Who speaks in a script, and in which shapes it writes that."""

    def __init__(self, readings: Sequence[Sequence[RowReading]]) -> None:
        rows = max(1, len(readings))
        times = Counter((found.shape, fold(found.name)) for reading in readings for found in _apart(reading))
        self.habits = frozenset(shape for shape, share in _HABITS.items() if _is_habit(shape, share, times, rows))
        trusted = self.habits | _SURE
        anywhere, total = Counter[str](), Counter[str]()
        for (shape, name), count in times.items():
            anywhere[name] += count
            total[name] += count if shape in trusted else 0
        total = Counter({name: anywhere[name] for name, count in total.items() if count})
        several = sum(count > 1 for count in total.values()) > 1
        self.known = frozenset(name for name, count in total.items() if count > 1 and several)

    def of(self, reading: Sequence[RowReading]) -> RowReading | None:
        """Return the reading of a row in which somebody known speaks, or somebody in a shape that says so."""
        return next((found for found in reading if self._accepts(found)), None)

    def _accepts(self, found: RowReading) -> bool:
        if found.shape in ("bracket", "aside") and is_sound(found.name):
            return False
        if found.shape == "colon" and is_plain_name(found.name):
            return True
        known = fold(found.name) in self.known
        if found.shape in self.habits:
            return known or (is_plain_name(found.name) and len(found.name.split()) <= 3)
        if found.shape in ("capital dot", "capitals"):
            return known and not found.text[:1].islower()
        return known and found.shape not in ("comma", "after", "dot")


def _apart(reading: Sequence[RowReading]) -> Iterator[RowReading]:
    """Yield the candidates of one row without those that read the same name out of a surer shape's row."""
    names: set[str] = set()
    for found in reading:
        if fold(found.name) not in names:
            names.add(fold(found.name))
            yield found


def _is_habit(shape: str, share: float, times: Counter[tuple[str, str]], rows: int) -> bool:
    returning = [count for (kind, _), count in times.items() if kind == shape and count > 1]
    return len(returning) > 1 and sum(returning) >= max(_FEWEST, share * rows)


def read_transcript(rows: Sequence[ScriptRow]) -> Iterator[Speech]:
    """Yield the speeches in order; those of rows whose speaker is not understood have none."""
    readings = {row.number: list(candidates(row)) for row in rows if row.text and scene_of(row) is None}
    names = Names(list(readings.values()))
    named = {number: found for number, reading in readings.items() if (found := names.of(reading))}
    named |= _names_alone(rows, named)
    speakers = {number: found.name for number, found in named.items()}
    page = Page(rows, speakers, sum(not found.text for found in named.values()))
    current: Speech | None = None
    last, scene = ScriptRow(0, ""), ""
    for row in rows:
        heading = scene_of(row)
        scene = scene if heading is None else heading
        found = named.get(row.number)
        if current and found is None and heading is None and _stays(row, last, current, page):
            current, last = _longer(current, row), last if is_direction(row) else row
            continue
        if current:
            yield current
            current = None
        if found:
            line = speech(found.name, f"{found.aside} {found.text}", row.number, scene)
            current, last = (found.aside, line), row
        elif row.text and heading is None and not is_direction(row) and not row.heading:
            yield "", speech("", row.plain, row.number, scene)
    if current:
        yield current


def _names_alone(rows: Sequence[ScriptRow], named: dict[int, RowReading]) -> dict[int, RowReading]:
    """Return the rows that are nothing but the name of somebody who speaks elsewhere, above what is said."""
    speakers = {fold(found.name) for found in named.values()}
    found = {}
    for row in rows:
        shown = without_directions(row.plain) or row.plain
        if row.text and row.number not in named and shown[-1:] not in ".!?…" and fold(clean_name(shown)) in speakers:
            found[row.number] = RowReading("row", clean_name(shown), "", "")
    return found


def _stays(row: ScriptRow, last: ScriptRow, current: Speech, page: Page) -> bool:
    """Tell whether a row without a name belongs to the speech above it."""
    if is_direction(row):
        name = clean_name(row.plain)
        return not is_plain_name(name) or is_sound(name) or len(name.split()) > 2  # `[Faye]` may be a name
    return bool(row.text) and page.goes_on(last, row, not current[1].text)


def _longer(current: Speech, row: ScriptRow) -> Speech:
    aside, line = current
    return aside, speech(line.speaker, f"{line.text} {row.plain}", line.line, line.scene, line.directions)
