"""What people corrected in lines: their text, their bounds, who speaks over them, lines that were missing or are none.

A correction belongs to the line that was looked at. Where a later build has another text under that line's id, since
its subtitles were exchanged, say, the correction is no longer about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import msgspec

from audiorole.naming.answers.decisions import CORRECTIONS, Decision, standing
from audiorole.types import Record

YES, NO = "yes", "no"
"""Values of `mark_overlap`."""

STEP = 0.01
"""Seconds between two starts that give two ids to added lines."""

LAST_PLACE = 99_999
"""An added line's id has five digits behind those of the line before it."""


class LineCorrection(Record, frozen=True):
    """What stands for one line. text, span, overlap: None where nobody changed them.

    span: start and end, seconds in the episode. was: `text_digest` of the text that the line was built with, "" for an
    added line. by: who took the last of these decisions; id: of that decision.
    """

    text: str | None = None
    span: tuple[float, float] | None = None
    overlap: bool | None = None
    removed: bool = False
    added: bool = False
    was: str = ""
    by: str = ""
    id: str = ""

    def fits(self, text: str) -> bool:
        """Return whether it is about a line that was built with `text`."""
        return not self.was or self.was == text_digest(text)


def text_digest(text: str) -> str:
    """Return eight letters that tell a text from others; case, punctuation and spaces do not count.

    >>> text_digest("Well, then!") == text_digest("well then")
    True
    """
    heard = "".join(letter for letter in text.casefold() if letter.isalnum()) or text
    return hashlib.blake2b(heard.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def corrections(decisions: Iterable[Decision]) -> dict[str, LineCorrection]:
    """Return line id → what stands for it after all decisions, in their order."""
    found: dict[str, LineCorrection] = {}
    for decision in standing(decisions):
        if decision.kind in CORRECTIONS:
            before = found.get(decision.subject, LineCorrection())
            changes = {**_CHANGES[decision.kind](decision), "by": decision.who, "id": decision.id}
            changes["was"] = decision.was or before.was
            found[decision.subject] = msgspec.structs.replace(before, **changes)
    return found


Changes = dict[str, object]

_CHANGES: dict[str, Callable[[Decision], Changes]] = {
    "edit_text": lambda decision: {"text": decision.value},
    "edit_bounds": lambda decision: {"span": decision.span},
    "mark_overlap": lambda decision: {"overlap": decision.value == YES},
    "remove_line": lambda decision: {"removed": True},
    "add_line": lambda decision: {"added": True, "removed": False, "text": decision.value, "span": decision.span},
}


def added_id(before: str, before_start: float, start: float) -> str:
    """Return the id of a line that is added behind the built line `before` (of the episode's `u00000` if it is first).

    Such ids sort in time with the others, and two people who add the same line give it the same id.

    >>> added_id("show/s01e02/u00042", 100.0, 101.734)
    'show/s01e02/u0004200173'
    """
    return f"{before}{min(LAST_PLACE, max(0, int((start - before_start) / STEP + 1e-6))):05d}"
