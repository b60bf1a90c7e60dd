"""Characters, actors and the cast file."""

from __future__ import annotations

from audiorole.types.record import Record


class ReferenceClip(Record, frozen=True):
    """A clip of a character's voice: a whole file, or a span of one. path is relative to the cast file."""

    path: str
    start: float = 0.0
    end: float | None = None


class Character(Record, frozen=True):
    """A named role. One actor may play several; one character may have several voices."""

    name: str
    aliases: tuple[str, ...] = ()
    actor: str = ""
    gender: str = ""
    references: tuple[ReferenceClip, ...] = ()


class Cast(Record, frozen=True):
    """`cast.toml`: the characters of a series, each a `[[character]]` table."""

    character: tuple[Character, ...] = ()
    series: str = ""
