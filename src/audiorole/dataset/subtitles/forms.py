"""The marks of one cue that may name a speaker, before anyone says which of them do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from audiorole.dataset.subtitles.markup import ShownLine
from audiorole.dataset.subtitles.names import NAME_PREFIX, TIGHT_PREFIX, name_and_manner, name_shape
from audiorole.dataset.subtitles.sdh import MARKS, Tagged, tag_number, take_tags
from audiorole.dataset.subtitles.turns import TURNS, with_turns
from audiorole.dataset.subtitles.unspoken import take_notes
from audiorole.types import Record

_OPENINGS = " -–—‐‑―−"


class Forms(Record, frozen=True):
    """What stands before words: prefixes with a colon, tags in brackets, short rows above other rows.

    small_prefixes: those in small letters. tight_prefixes: no space after the colon. loose_tags: not before words.
    """

    prefixes: tuple[str, ...]
    small_prefixes: tuple[str, ...]
    tight_prefixes: tuple[str, ...]
    tags: tuple[str, ...]
    loose_tags: tuple[str, ...]
    rows: tuple[str, ...]


def spoken_text(rows: Sequence[ShownLine]) -> str:
    """Return the text without notes, sounds, music and marks of turns: what might be said."""
    text = take_notes(with_turns(rows, colours=False)[0])[0]
    return TURNS.sub("", MARKS.sub("", take_tags(text).text)).strip(" \n")


def written_forms(rows: Sequence[ShownLine]) -> Forms:
    """Return the marks of one cue."""
    text = take_notes(with_turns(rows, colours=False)[0])[0]
    tagged = take_tags(text)
    lines = [TURNS.sub("", line).lstrip(_OPENINGS) for line in tagged.text.split("\n")]
    front = list(_front_tags(lines))
    words = [MARKS.sub("", line).strip() for line in lines]
    prefixes = [match.group("name") for line in words if (match := NAME_PREFIX.match(line.lstrip(_OPENINGS)))]
    tight = [match.group("name") for line in words if (match := TIGHT_PREFIX.match(line.lstrip(_OPENINGS)))]
    return Forms(
        prefixes=tuple(name for name in prefixes if name_shape(name_and_manner(name)[0])),
        small_prefixes=tuple(name for name in (*prefixes, *tight) if name and not name_shape(name)),
        tight_prefixes=tuple(tight),
        tags=tuple(_texts(tagged, front)),
        loose_tags=tuple(_texts(tagged, [at for at in range(len(tagged.tags)) if at not in front])),
        rows=tuple(row for row, after in pairwise(words) if _alone(row, after)),
    )


def _front_tags(lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of tags that open a row and have words after them, there or on the next row."""
    for at, line in enumerate(lines):
        following = [*lines[at + 1 : at + 2], ""][0]
        while (match := MARKS.match(line)) is not None:
            line = line[1:].lstrip(" :")
            if MARKS.sub("", line).strip() or (not line and _speaks(following)):
                yield tag_number(match.group())


def _speaks(line: str) -> bool:
    return any(char.isalnum() for char in MARKS.sub("", line))


def _texts(tagged: Tagged, numbers: Sequence[int]) -> Iterator[str]:
    """Yield the names that the tags would give, without their manner."""
    for tag in (tagged.tags[number] for number in numbers):
        if tag.kind != "music" and tag.text:
            yield name_and_manner(tag.text)[0] if tag.text else ""


def _alone(row: str, after: str) -> bool:
    """Tell whether a row may be a name above what is said."""
    return (
        0 < len(row.split()) <= 3
        and name_shape(row) in ("capitals", "title")
        and after[:1].isprintable()
        and not (after[:1].islower() or row[-1:] in '.!?…,;:"”-–—')
    )
