"""Whether a row without a name goes on with the speech above it, as the lines of a page do, or is somebody else's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from audiorole.dataset.script.rows import Row
from audiorole.dataset.script.shapes import MARKING
from audiorole.dataset.script.speakers import clean_name, is_plain_name
from audiorole.dataset.subtitles.survey import ends_sentence

_WIDEST = 130
"""Characters of a row that an editor wraps at; longer rows are whole paragraphs."""
_FULL = 0.7
"""Share of the widest row that wrapped rows have: the next word did not fit any more."""
_MOSTLY = 0.7
_FEWEST = 3
_OFTEN = 0.3


class Page:
    """How a file wraps its rows. named: numbers of the rows that begin a speech; alone: how many of them only name."""

    def __init__(self, rows: Sequence[Row], named: frozenset[int], alone: int = 0) -> None:
        self.alone = alone >= _OFTEN * max(1, len(named))
        before = [
            first.width for first, second in pairwise(rows) if first.text and second.text and second.number not in named
        ]
        widest = max((width for width in before if width <= _WIDEST), default=0)
        full = [width for width in before if _FULL * widest <= width <= _WIDEST]
        wraps = len(full) >= _FEWEST and len(full) >= _MOSTLY * len(before)
        self.width = widest if wraps else 0
        self.indent = _usual([row.indent for row in rows if row.number in named])
        self.hanging = _usual([row.indent for row in rows if row.text and row.indent >= self.indent + 2])

    def goes_on(self, before: Row, row: Row, says_nothing: bool) -> bool:
        """Tell whether `row` goes on with the speech whose last row is `before`.

        says_nothing: the speech has no words yet, its name stood alone.
        """
        looks_named = row.marked or MARKING.match(row.text) is not None
        if says_nothing:
            return self.alone or not looks_named
        open_sentence = not ends_sentence(before.plain)
        first = re.match(r"\S*", row.plain)
        fits_no_more = bool(self.width) and first and before.width + 1 + len(first.group()) > self.width
        if looks_named:
            return bool(fits_no_more) and open_sentence and not row.marked
        if is_plain_name(clean_name(row.plain)) and row.plain[-1:] not in ".!?…":
            return False  # a name on a row of its own
        hangs = row.indent == self.hanging >= self.indent + 2
        small = next((char for char in row.plain if char.isalpha()), "A").islower()
        return hangs or bool(fits_no_more) or (open_sentence and small)


def _usual(indents: Sequence[int]) -> int:
    return max(set(indents), key=indents.count, default=0)
