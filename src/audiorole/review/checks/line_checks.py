"""What a correction of a line may say: one check for the page, for the command line and for imports."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from audiorole.dataset.input.cast import seen, unprintable
from audiorole.errors import UserError
from audiorole.naming.answers.corrections import NO, YES, LineCorrection, added_id
from audiorole.review.checks.answer import Answer
from audiorole.review.checks.spelling import must_be

LONGEST_TEXT = 2000
SHORTEST, LONGEST = 0.05, 600.0
"""Seconds of a line that a person may set."""


@dataclass(frozen=True)
class KnownLine:
    """What there is to know of a line before it is decided on.

    character: the name it has now, None where nobody at all is named. start: seconds.
    was: `text_digest` of the text that it was built with, "" where a reviewer added it.
    """

    character: str | None
    start: float
    was: str = ""

    @property
    def added(self) -> bool:
        """Whether a reviewer added it."""
        return not self.was


class KnownLines(Mapping[str, KnownLine]):
    """Lines by id, without those that were removed, with those that reviewers added."""

    def before(self, episode: str, start: float) -> tuple[float, str]:
        """Return (start, id) of the last built line of an episode that begins no later; of `u00000` without any."""
        own = f"{episode}/u"
        built = [(line.start, name) for name, line in self.items() if name.startswith(own) and not line.added]
        return max((pair for pair in built if pair[0] <= start), default=(0.0, f"{own}00000"))


class ReadLines(KnownLines):
    """Lines that were read into memory."""

    def __init__(self, lines: Mapping[str, KnownLine]) -> None:
        self.lines = lines

    def __getitem__(self, line: str) -> KnownLine:
        """Return what is known of a line."""
        return self.lines[line]

    def __iter__(self) -> Iterator[str]:
        """Yield the ids."""
        return iter(self.lines)

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.lines)


def with_corrections(lines: Mapping[str, KnownLine], found: Mapping[str, LineCorrection]) -> KnownLines:
    """Return the lines without those that were removed, and with those that were added."""
    known = dict(lines)
    for line, correction in found.items():
        if correction.removed:
            known.pop(line, None)
        elif correction.added and line not in known:
            known[line] = KnownLine("", (correction.span or (0.0, 0.0))[0])
    return ReadLines(known)


def checked_correction(asked: Answer, lines: KnownLines, episodes: Mapping[str, float]) -> Answer:
    """Return the answer as it is written down. Raises UserError where it says what cannot be."""
    if asked.kind == "add_line":
        return _added(asked, lines, episodes)
    must_be("line", asked.subject, lines)
    return _CHECKS[asked.kind](asked, episodes)


def _added(asked: Answer, lines: KnownLines, episodes: Mapping[str, float]) -> Answer:
    must_be("episode", asked.subject, episodes)
    asked = _with_text(_with_span(asked, asked.subject, episodes), episodes)
    assert asked.span
    before = lines.before(asked.subject, asked.span[0])
    line = added_id(before[1], before[0], asked.span[0])
    if line in lines:
        raise UserError(f"There is a line at {asked.span[0]:.2f} s already: {line}. Correct that one.")
    return replace(asked, subject=line)


def _with_text(asked: Answer, episodes: Mapping[str, float]) -> Answer:
    text = " ".join(asked.value.split())
    if not seen(text):
        raise UserError("Say what the line says: the text is empty. A line that is none is removed.")
    if len(text) > LONGEST_TEXT:
        raise UserError(f"A line's text has at most {LONGEST_TEXT:,} letters.")
    if unprintable(text):
        raise UserError("The text holds a control character.")
    return replace(asked, value=text)


def _with_bounds(asked: Answer, episodes: Mapping[str, float]) -> Answer:
    return replace(_with_span(asked, asked.subject.rpartition("/")[0], episodes), value="")


def _with_span(asked: Answer, episode: str, episodes: Mapping[str, float]) -> Answer:
    if asked.span is None:
        raise UserError("Say where the line begins and ends, in seconds of the episode.")
    start, end = (round(float(second), 3) for second in asked.span)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise UserError("The bounds of a line must be numbers.")
    length = episodes.get(episode, math.inf)
    if start < 0 or end > length + 0.001:
        raise UserError(f"{start:.2f} to {end:.2f} s is not within the episode, which has {length:.2f} s.")
    if not SHORTEST <= end - start <= LONGEST:
        raise UserError(f"A line lasts between {SHORTEST} and {LONGEST:g} s; {start:.2f} to {end:.2f} s does not.")
    return replace(asked, span=(start, min(end, length)))


def _with_overlap(asked: Answer, episodes: Mapping[str, float]) -> Answer:
    if asked.value not in (YES, NO):
        raise UserError(f"Say {YES!r} where others speak over the line, {NO!r} where nobody does.")
    return asked


def _removed(asked: Answer, episodes: Mapping[str, float]) -> Answer:
    return replace(asked, value="")


_CHECKS: dict[str, Callable[[Answer, Mapping[str, float]], Answer]] = {
    "edit_text": _with_text,
    "edit_bounds": _with_bounds,
    "mark_overlap": _with_overlap,
    "remove_line": _removed,
}
