"""Names that were meant: the nearest known one, for a sentence that says what was not found."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from rapidfuzz.distance import OSA

from audiorole.dataset.input.cast import name_key
from audiorole.errors import UserError

LIKELY = 0.6
"""How like a known name one must be to be given as a hint (difflib's ratio)."""

MOST_COMPARED = 20_000
"""Names that are compared for a hint; of more, those that begin alike."""


def must_be(kind: str, name: str, known: Collection[str]) -> str:
    """Return the known spelling of `name`. Raises UserError, with the nearest known name, where there is none."""
    if name in known:
        return name
    same = [other for other in known if name_key(other) == name_key(name)] if kind == "character" else []
    if same:
        return same[0]
    near = nearest_name(name, (other for other in known if other != name), LIKELY)
    raise UserError(f"There is no {kind} {name!r}." + (f" Did you mean {near!r}?" if near else ""))


def nearest_name(name: str, known: Iterable[str], cutoff: float) -> str:
    """Return the known name most like `name`, "" where none is: by difflib's ratio, or one wrong letter behind the
    first.
    """
    others = list(known)
    if len(others) > MOST_COMPARED:
        others = [other for other in others if other[: len(name) - 2] == name[:-2]][:MOST_COMPARED]
    lowered = {other.casefold(): other for other in sorted(others, reverse=True)}
    short = name.casefold()
    near = difflib.get_close_matches(short, lowered, n=1, cutoff=cutoff)
    slips = [other for other in lowered if short[:1] == other[:1] and OSA.distance(short, other, score_cutoff=1) <= 1]
    return lowered[(near or sorted(slips))[0]] if near or slips else ""
