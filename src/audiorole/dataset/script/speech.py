"""One speech of a script: its words, and what stands in brackets among them."""

from __future__ import annotations

import re

from audiorole.dataset.script.records import ScriptLine
from audiorole.dataset.script.rows import ScriptRow
from audiorole.dataset.script.speakers import SCENE, TRANSITION

_DIRECTION = re.compile(r"\(([^()]{0,300})\)|\[([^\[\]]{0,300})\]|（([^（）]{0,300})）|<([a-z][^<>]{0,80})>")
_ONLY_DIRECTION = re.compile(r"^\W*(?:\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|\*[^*]+\*)\W*$")


def scene_of(row: ScriptRow) -> str | None:
    """Return the scene that a heading opens, None for every other row."""
    match = SCENE.match(row.plain)
    if match is None:
        return None
    return next((group for group in match.groups() if group), "").strip(" :.")


def is_direction(row: ScriptRow) -> bool:
    """Tell a row that is nothing but a direction in brackets, or a transition (`CUT TO:`)."""
    return _ONLY_DIRECTION.match(row.plain) is not None or TRANSITION.match(row.plain) is not None


def speech(speaker: str, text: str, line: int, scene: str, directions: tuple[str, ...] = ()) -> ScriptLine:
    """Return a speech with the directions taken out of its text. line: the number of its first row."""
    found = [next(group for group in match.groups() if group is not None) for match in _DIRECTION.finditer(text)]
    words = " ".join(_DIRECTION.sub(" ", text).split())
    kept = (*directions, *(direction.strip() for direction in found))
    return ScriptLine(speaker=speaker, text=words, line=line, scene=scene, directions=kept)


def without_directions(text: str) -> str:
    """Return the text without what stands in brackets."""
    return " ".join(_DIRECTION.sub(" ", text).split())
