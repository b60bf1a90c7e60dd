"""The marks of one cue that may name a speaker, before anyone says which of them do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from audiorole.dataset.subtitles.marks.names import (
    FRAMED_PREFIX,
    LOOSE_PREFIX,
    MANNER_PREFIX,
    NAME_PREFIX,
    TIGHT_PREFIX,
    WRAPPED_PREFIX,
    may_name,
    name_and_manner,
    named_in,
)
from audiorole.dataset.subtitles.marks.sdh import MARKS, Tagged, tag_number, take_tags
from audiorole.dataset.subtitles.marks.turns import BULLETS, DASHES, TURNS, with_turns
from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.dataset.subtitles.shown.unspoken import take_notes
from audiorole.types import Record

_OPENINGS = f" {DASHES}{BULLETS}"

FORMS = ("prefix", "tight", "loose", "framed", "manner", "tag", "row")
"""`JOE: Hi`, `JOE:Hi`, `JOE - Hi`, `*Joe* Hi`, `JOE (on phone) Hi`, `[Joe] Hi`, and the name on a row of its own."""


class Forms(Record, frozen=True):
    """What stands before words, in each of `FORMS`, without its manner. loose_tags: tags that stand elsewhere."""

    names: dict[str, tuple[str, ...]]
    loose_tags: tuple[str, ...]

    def of(self, form: str) -> tuple[str, ...]:
        """Return the names that one form holds, as written."""
        return self.names.get(form, ())


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
    words = [MARKS.sub("", line).strip().lstrip(_OPENINGS) for line in lines]
    found = {
        "prefix": (*_matches(NAME_PREFIX, words), *_matches(WRAPPED_PREFIX, words)),
        "tight": _matches(TIGHT_PREFIX, words),
        "loose": _matches(LOOSE_PREFIX, words),
        "framed": _matches(FRAMED_PREFIX, words),
        "manner": _matches(MANNER_PREFIX, [line.strip() for line in lines]),
        "tag": tuple(_texts(tagged, front)),
        "row": tuple(row for row, after in pairwise(words) if _alone(row, after)),
    }
    return Forms(
        names={form: names for form, names in found.items() if names},
        loose_tags=tuple(_texts(tagged, [at for at in range(len(tagged.tags)) if at not in front])),
    )


def _matches(pattern: re.Pattern[str], lines: Sequence[str]) -> tuple[str, ...]:
    names = (name_and_manner(named_in(match))[0] for line in lines if (match := pattern.match(line)))
    return tuple(name for name in names if may_name(name))


def _front_tags(lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of tags that open a row, or follow a sentence, and have words after them or below."""
    for at, line in enumerate(lines):
        following = [*lines[at + 1 : at + 2], ""][0]
        for match in MARKS.finditer(line):
            before, after = (
                MARKS.sub("", line[: match.start()]).rstrip(),
                MARKS.sub("", line[match.end() :]).strip(" :"),
            )
            opens = not before.strip(": ") or before[-1:] in '.!?…"”'
            if opens and (after or (not before and _speaks(following))):
                yield tag_number(match.group())


def _speaks(line: str) -> bool:
    return any(char.isalnum() for char in MARKS.sub("", line))


def _texts(tagged: Tagged, numbers: Sequence[int]) -> Iterator[str]:
    """Yield the names that the tags would give, without their manner."""
    for tag in (tagged.tags[number] for number in numbers):
        if tag.kind != "music" and tag.text:
            yield name_and_manner(tag.text)[0]


def _alone(row: str, after: str) -> bool:
    """Tell whether a row may be a name above what is said."""
    return (
        0 < len(row.split()) <= 3
        and may_name(row)
        and after[:1].isprintable()
        and not (after[:1].islower() or row[-1:] in '.!?…,;:"”-–—')
    )
