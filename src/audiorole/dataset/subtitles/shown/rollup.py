"""Captions that stay on the screen while the next row comes in below: each row is said once, when it first appears."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from audiorole.dataset.subtitles.records import RawCue
from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.types import Record

_HABIT = 0.4
"""Share of cues that begin with the last row before them: people repeat themselves in hardly one cue of thirty."""
_FEWEST = 2
_STILL_THERE = 0.1
"""Seconds between two cues of one and the same row: the caption has not left the screen."""


class Shown(Record, frozen=True):
    """A cue with the visible rows that are still to be read."""

    cue: RawCue
    rows: tuple[ShownLine, ...]

    @property
    def text(self) -> str:
        """The rows as one text."""
        return "\n".join(row.text for row in self.rows)


def without_standing_rows(shown: Sequence[Shown]) -> list[Shown]:
    """Leave out of each cue the rows that it only goes on showing, in a file of roll-up captions.

    Cues that show nothing new come back without rows. A row that grows word by word is read when it is whole, from
    the time of its first word.
    """
    if not _rolls(shown):
        return _without_standing_words(shown)
    read: list[Shown] = []
    for at, now in enumerate(shown):
        before = shown[at - 1] if at else None
        new = _new_rows(before, now) if before else now.rows
        if before and _grows(before, new, now):
            new = _taken_back(read, now, new)
        elif before and now.rows and _same_rows(before, now):
            _lengthened(read, now)
        read.append(Shown(now.cue, new))
    return read


def _rolls(shown: Sequence[Shown]) -> bool:
    """Tell whether the file rolls: cues go on showing rows of the one before, mostly with others beside them."""
    pairs = [(before, now) for before, now in pairwise(shown) if before.rows and now.rows]
    rolling = [now for before, now in pairs if len(_new_rows(before, now)) < len(now.rows)]
    growing = sum(_grows(before, now.rows, now) for before, now in pairs)
    standing = sum(_stays(before, now) and len(_new_rows(before, now)) < len(now.rows) for before, now in pairs)
    more = max(sum(len(now.rows) > 1 for now in rolling), standing) + growing
    often = len(rolling) + growing >= max(_FEWEST, _HABIT * len(pairs))
    return often and more >= max(1, 0.2 * len(rolling))


def _new_rows(before: Shown, now: Shown) -> tuple[ShownLine, ...]:
    """Return the rows of `now` that `before` does not end with; while the screen stays, that it did not show at all."""
    ours, theirs = [_plain(row) for row in now.rows], [_plain(row) for row in before.rows]
    stays = _stays(before, now)
    most = min(len(ours), len(theirs))
    standing = next((count for count in range(most, 0, -1) if ours[:count] == theirs[-count:]), 0)
    if standing == len(ours) and not stays:  # the same words again, later
        return now.rows
    return tuple(
        row for row, text in zip(now.rows[standing:], ours[standing:], strict=True) if not stays or text not in theirs
    )


def _grows(before: Shown, new: tuple[ShownLine, ...], now: Shown) -> bool:
    """Tell whether the first new row goes on with the last row of `before`."""
    if not new or not before.rows or not _stays(before, now):
        return False
    ours, theirs = _plain(new[0]), _plain(before.rows[-1])
    return ours.startswith(theirs) and len(ours) > len(theirs)


def _taken_back(read: list[Shown], now: Shown, new: tuple[ShownLine, ...]) -> tuple[ShownLine, ...]:
    """Let the cue that showed the row's first words have the whole row, until now; return the rows below it."""
    at = next((at for at in range(len(read) - 1, -1, -1) if read[at].rows), None)
    if at is None or not new:
        return new
    cue = read[at].cue
    longer = msgspec.structs.replace(cue, end=max(cue.end, now.cue.end))
    read[at] = Shown(longer, (*read[at].rows[:-1], new[0]))
    return new[1:]


def _same_rows(before: Shown, now: Shown) -> bool:
    return _stays(before, now) and list(map(_plain, before.rows)) == list(map(_plain, now.rows))


def _lengthened(read: list[Shown], now: Shown) -> None:
    """Let the cue that showed these rows first last as long as they are shown."""
    at = next((at for at in range(len(read) - 1, -1, -1) if read[at].rows), None)
    if at is not None:
        cue = msgspec.structs.replace(read[at].cue, end=max(read[at].cue.end, now.cue.end))
        read[at] = Shown(cue, read[at].rows)


def _stays(before: Shown, now: Shown) -> bool:
    """Tell whether the screen was not empty between two cues."""
    return now.cue.start - before.cue.end <= _STILL_THERE


def _plain(row: ShownLine) -> str:
    folded = row.text.casefold()
    return " ".join(_WORDS.findall(folded)) or folded


_WORDS = re.compile(r"\w+")
_FLAT_HABIT, _FEWEST_WORDS = 0.5, 2


def _without_standing_words(shown: Sequence[Shown]) -> list[Shown]:
    """Take off the first words of a row that the row before ends with, in a file that puts its rolling rows into one.

    Only where half of the cues begin so, with two words or with all that stood there.
    """
    common = [_common_words(before, now) for before, now in pairwise(shown)]
    plain = sum(_plainly(count, before) for count, (before, _) in zip(common, pairwise(shown), strict=True))
    if plain < max(3, _FLAT_HABIT * len(common)):
        return list(shown)
    return [Shown(now.cue, _later(now.rows, words)) for now, words in zip(shown, [0, *common], strict=True)]


def _plainly(count: int, before: Shown) -> bool:
    return count >= _FEWEST_WORDS or (count > 0 and count == len(_plain(before.rows[0]).split()))


def _common_words(before: Shown, now: Shown) -> int:
    """Return how many words at the end of the one row before the one row now begins with; 0 after an empty screen."""
    if len(before.rows) != 1 or len(now.rows) != 1 or not _stays(before, now):
        return 0
    ours, theirs = _plain(now.rows[0]).split(), _plain(before.rows[0]).split()
    counts = range(min(len(ours), len(theirs)), 0, -1)
    return next((count for count in counts if ours[:count] == theirs[-count:]), 0)


def _later(rows: tuple[ShownLine, ...], words: int) -> tuple[ShownLine, ...]:
    """Return the one row without its first words."""
    if not words:
        return rows
    (row,) = rows
    *_, last = (match for _, match in zip(range(words), _WORDS.finditer(row.text), strict=False))
    rest = row.text[last.end() :].lstrip(" ,.;:!?…-–—")
    return (msgspec.structs.replace(row, text=rest),) if rest else ()
