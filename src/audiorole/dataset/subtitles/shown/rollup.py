"""Captions that stay on the screen while the next row comes in below: each row is said once, when it first appears."""

from __future__ import annotations

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
        return list(shown)
    read: list[Shown] = []
    for at, now in enumerate(shown):
        before = shown[at - 1] if at else None
        new = _new_rows(before, now) if before else now.rows
        if before and _grows(before, new, now):
            new = _taken_back(read, now, new)
        read.append(Shown(now.cue, new))
    return read


def _rolls(shown: Sequence[Shown]) -> bool:
    """Tell whether the file rolls: cues go on showing rows of the one before, mostly with others beside them."""
    pairs = [(before, now) for before, now in pairwise(shown) if before.rows and now.rows]
    rolling = [now for before, now in pairs if len(_new_rows(before, now)) < len(now.rows)]
    growing = sum(_grows(before, now.rows, now) for before, now in pairs)
    more = sum(len(now.rows) > 1 for now in rolling) + growing
    often = len(rolling) + growing >= max(_FEWEST, _HABIT * len(pairs))
    return often and more >= max(1, 0.2 * len(rolling))


def _new_rows(before: Shown, now: Shown) -> tuple[ShownLine, ...]:
    """Return the rows of `now` that `before` does not end with; while the screen stays, that it did not show at all."""
    ours, theirs = [_plain(row) for row in now.rows], [_plain(row) for row in before.rows]
    stays = now.cue.start - before.cue.end <= _STILL_THERE
    most = min(len(ours), len(theirs))
    standing = next((count for count in range(most, 0, -1) if ours[:count] == theirs[-count:]), 0)
    if standing == len(ours) and not stays:  # the same words again, later
        return now.rows
    return tuple(
        row for row, text in zip(now.rows[standing:], ours[standing:], strict=True) if not stays or text not in theirs
    )


def _grows(before: Shown, new: tuple[ShownLine, ...], now: Shown) -> bool:
    """Tell whether the first new row goes on with the last row of `before`."""
    if not new or not before.rows or now.cue.start - before.cue.end > _STILL_THERE:
        return False
    return _plain(new[0]).startswith(f"{_plain(before.rows[-1])} ")


def _taken_back(read: list[Shown], now: Shown, new: tuple[ShownLine, ...]) -> tuple[ShownLine, ...]:
    """Let the cue that showed the row's first words have the whole row, until now; return the rows below it."""
    at = next((at for at in range(len(read) - 1, -1, -1) if read[at].rows), None)
    if at is None or not new:
        return new
    cue = read[at].cue
    longer = msgspec.structs.replace(cue, end=max(cue.end, now.cue.end))
    read[at] = Shown(longer, (*read[at].rows[:-1], new[0]))
    return new[1:]


def _plain(row: ShownLine) -> str:
    return " ".join(row.text.casefold().split())
