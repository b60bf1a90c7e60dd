"""Where in TOML text a key or a table stands, so that a message can name the line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

Place = tuple[str | int, ...]
"""The way to a value: `("character", 1, "aliases")` is a key of the second `[[character]]`."""

_LONG_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""' r"|'''.*?'''", re.S)
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_KEY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")


def line_of(text: str, place: Place) -> int | None:
    """Return the line, from 1, of the value at `place`, else of the nearest thing that it lies in; None for neither.

    >>> line_of("title = 1\\n[[character]]\\nname = 'Joe'\\n[[character]]\\nname = 3\\n", ("character", 1, "name"))
    5
    """
    lines: dict[Place, int] = {}
    for found, number in _places(_LONG_STRINGS.sub(lambda string: "\n" * string[0].count("\n") + "''", text)):
        lines.setdefault(found, number)
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None


def _places(text: str) -> Iterator[tuple[Place, int]]:
    counts: Counter[Place] = Counter()
    here: Place = ()
    for number, row in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(row):
            here = _table(header[2], header[1] == "[[", counts)
            yield here, number
            yield here[:-1] if header[1] == "[[" else here, number
        elif key := _KEY.match(row):
            yield (*here, *_parts(key[1])), number


def _table(name: str, repeated: bool, counts: Counter[Place]) -> Place:
    """Return the place of a table that begins; counts: how many of each repeated table there are, kept up to date."""
    here: Place = ()
    *outer, last = _parts(name)
    for part in outer:
        here = (*here, part)
        if counts[here]:
            here = (*here, counts[here] - 1)
    here = (*here, last)
    if repeated:
        counts[here] += 1
        here = (*here, counts[here] - 1)
    return here


def _parts(name: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_NAME, name)]
