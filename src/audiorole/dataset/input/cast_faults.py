"""What is wrong with a `cast.toml`, in a sentence with its line."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import msgspec

from audiorole.core.disk import read_regular
from audiorole.core.toml import MOST_BYTES
from audiorole.core.toml_places import Place, line_of
from audiorole.errors import InputError
from audiorole.types import Cast, Character, Record, ReferenceClip

_KINDS = {
    "array": 'a list in brackets, as in ["…"]',
    "str": "text in quotes",
    "float": "a number",
    "int": "a number",
    "bool": "true or false",
    "object": 'a table, as in { path = "…" }',
    "null": "nothing",
}
_GOT = {"array": "a list", "str": "text", "float": "a number", "int": "a number", "bool": "true or false",
        "object": "a table"}  # fmt: skip
_TABLES: dict[str, tuple[type[Record], str]] = {
    "": (Cast, "cast.toml"),
    "character": (Character, "[[character]]"),
    "references": (ReferenceClip, "a clip of references"),
}
"""Last key of a place → what stands there, and how it is called."""


def refused(path: Path, place: Place, problem: str) -> InputError:
    """Return the error for what stands at `place` of a cast file."""
    text = read_regular(path, MOST_BYTES).decode("utf-8")
    return InputError(str(path), problem, line_of(text, place))


def not_a_cast(path: Path, error: msgspec.ValidationError) -> InputError:
    """Return the error for TOML that is no cast, said in the words of the file."""
    what, _, where = str(error).partition(" - at `")
    place = tuple(_part(found) for found in re.findall(r"\.([^.\[`]+)|\[(\d+)\]", where))
    kind, table = _TABLES[next((str(part) for part in reversed(place) if part in _TABLES), "")]
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        return refused(path, (*place, unknown[1]), f"{unknown[1]!r} is no key of {table}; {_known(unknown[1], kind)}")
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        return refused(path, place, f"{table} has no {missing[1]!r}")
    if wrong := re.fullmatch(r"Expected `([\w|\s]+)`, got `(\w+)`", what):
        key = next((str(part) for part in reversed(place) if isinstance(part, str)), "it")
        wanted = " or ".join(_KINDS[name] for name in wrong[1].split(" | ") if name != "null")
        return refused(path, place, f"{key!r} must be {wanted}, and is {_GOT.get(wrong[2], wrong[2])}")
    return refused(path, place, f"not a cast file: {what}")


def _part(found: tuple[str, str]) -> str | int:
    return found[0] or int(found[1])


def _known(name: str, kind: type[Record]) -> str:
    """Return which keys there are, or the one that was most likely meant."""
    known = [field.name for field in msgspec.structs.fields(kind)]
    near = difflib.get_close_matches(name.lower(), known, 1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
