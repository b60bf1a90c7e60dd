"""What a person answers on the page or on the command line, before it is checked and written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a person answered. kind, subject, value, lines, kept, span: as in `Decision`; random: chance drew the line.

    Of `add_line` the subject is the episode. new: the name is meant as written, however like a known one it looks.
    """

    kind: str
    subject: str
    value: str = ""
    lines: tuple[str, ...] = ()
    random: bool = False
    kept: tuple[str, ...] = ()
    new: bool = False
    span: tuple[float, float] | None = None
