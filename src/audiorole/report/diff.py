"""The page of two datasets side by side: one HTML file that needs nothing but itself."""

from __future__ import annotations

from pathlib import Path

import audiorole
from audiorole.core.disk import write_atomic
from audiorole.published.diff import DatasetDiff, DiffLine, LineChange
from audiorole.report.page import render
from audiorole.types import shown_names

MOST_ROWS = 2000
"""Lines that the page shows; the JSON has all of them."""

MEANINGS = {
    "name": "another character",
    "span": "other bounds",
    "text": "other words",
    "signs": "the same words, other case or signs",
    "split": "another split",
    "added": "only in the second",
    "removed": "only in the first",
}


def write_diff(path: Path, found: DatasetDiff) -> Path:
    """Write the page and return its path. Equal differences give equal bytes."""
    names = shown_names(one.who for one in found.characters) | {"": "someone else"}
    view = {
        "version": audiorole.__version__,
        "diff": found,
        "names": names,
        "meanings": MEANINGS,
        "rows": found.changes[:MOST_ROWS],
        "most": MOST_ROWS,
    }
    write_atomic(path, render("diff.html.j2", view).encode("utf-8", "replace"))
    return path


def diff_sentence(change: LineChange) -> str:
    """Return a difference for a terminal: `~ name  show/s01e02/u00042  Gus → Otis  "Who is there?"`."""
    mark = {"added": "+", "removed": "-"}.get(change.what[0], "~")
    line = change.after or change.before
    assert line is not None
    told = [f"{mark} {', '.join(change.what)}", line.id, f"{line.start:.2f}–{line.end:.2f} s", *_moves(change)]
    return "  ".join((*told, repr(line.text)))


def _moves(change: LineChange) -> list[str]:
    before, after = change.before, change.after
    if before is None or after is None:
        return [_who(before or after)]
    moves = [f"{_who(before)} → {_who(after)}"] if "name" in change.what else []
    if "span" in change.what:
        moves.append(f"was {before.start:.2f}–{before.end:.2f} s")
    if {"text", "signs"} & set(change.what):
        moves.append(f"was {before.text!r}")
    return moves


def _who(line: DiffLine | None) -> str:
    return (line.who if line else "") or "someone else"
