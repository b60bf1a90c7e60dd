"""Whether a row without a name goes on with the speech above it, as the lines of a page do, or is somebody else's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from audiorole.dataset.script.rows import ScriptRow
from audiorole.dataset.script.shapes import MARKING
from audiorole.dataset.script.speakers import clean_name, is_plain_name
from audiorole.dataset.subtitles.marks.names import fold
from audiorole.dataset.subtitles.survey import ends_sentence

_WIDEST = 130
"""Characters of a row that an editor wraps at; longer rows are whole paragraphs."""
_FULL = 0.7
"""Share of the widest row that wrapped rows have: the next word did not fit any more."""
_MOSTLY = 0.7
_FEWEST = 3
_LEAST_COLUMNS = 30
"""Characters of the narrowest page; half of it where signs are wide."""
_MOSTLY_CUT = 0.5
"""Share of wrapped rows that end within a sentence."""
_OFTEN = 0.3
_OPEN_ONES = 0.4
"""Share of indented rows that follow an unfinished one, where the indent means that a speech goes on."""


class Page:
    """How a file wraps its rows, and whether its speeches end with a mark.

    named: row number → speaker where one begins; alone: how many rows are only names.
    """

    def __init__(self, rows: Sequence[ScriptRow], named: Mapping[int, str], alone: int = 0) -> None:
        self.alone = alone >= _OFTEN * max(1, len(named))
        self.speakers = frozenset(fold(name) for name in named.values())
        pairs = [(first, second) for first, second in pairwise(rows) if first.text and second.text]
        goes = [(first, second) for first, second in pairs if second.number not in named]
        whole = [first for first, second in pairs if first.number in named and second.number in named]
        written, share = (whole, _MOSTLY_CUT) if len(whole) >= _FEWEST else ([row for row in rows if row.text], _OFTEN)
        self.punctuates = sum(map(_is_finished, written)) >= share * len(written)
        self.width = _wrapped_at([first for first, _ in goes])
        self.indent = _usual([row.indent for row in rows if row.number in named])
        hanging = [(first, second) for first, second in goes if second.indent >= self.indent + 2]
        open_ones = sum(not _is_finished(first) for first, _ in hanging)
        hangs = open_ones >= _OPEN_ONES * max(1, len(hanging))
        self.hanging = _usual([second.indent for _, second in hanging]) if hangs else 0

    def goes_on(self, before: ScriptRow, row: ScriptRow, says_nothing: bool) -> bool:
        """Tell whether `row` goes on with the speech whose last row is `before`.

        says_nothing: the speech has no words yet, its name stood alone.
        """
        looks_named = row.marked or MARKING.match(row.text) is not None or self._begins_with_a_name(row)
        if says_nothing:
            return self.alone or not looks_named
        open_sentence = self.punctuates and not ends_sentence(before.plain)
        first = re.match(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\S*", row.plain)
        fits_no_more = bool(self.width) and first and before.width + 1 + len(first.group()) > self.width
        if looks_named:
            return bool(fits_no_more) and open_sentence and not row.marked
        if is_plain_name(clean_name(row.plain)) and row.plain[-1:] not in ".!?…":
            return False  # a name on a row of its own
        hangs = row.indent == self.hanging >= self.indent + 2
        small = next((char for char in row.plain if char.isalpha()), "A").islower()
        return hangs or bool(fits_no_more) or (open_sentence and small)

    def _begins_with_a_name(self, row: ScriptRow) -> bool:
        words = [word.strip(".,;!?'’\"") for word in row.plain.split()[:3]]
        return any(fold(" ".join(words[:count])) in self.speakers for count in range(1, len(words) + 1))


def _wrapped_at(rows: Sequence[ScriptRow]) -> int:
    """Return the width at which an editor wrapped the rows, 0 where none did. rows: those that others follow.

    Wrapping cuts sentences; rows that are as long as each other by chance end with them.
    """
    widest = max((row.width for row in rows if row.width <= _WIDEST), default=0)
    full = [row for row in rows if _FULL * widest <= row.width <= _WIDEST]
    cut = sum(not _is_finished(row) for row in full)
    least = _LEAST_COLUMNS / (2 if full and _is_spaceless(full[0].plain) else 1)
    wraps = widest >= least and cut >= _MOSTLY_CUT * len(full)
    return widest if wraps and len(full) >= _FEWEST and len(full) >= _MOSTLY * len(rows) else 0


def _is_spaceless(text: str) -> bool:
    return sum(char > "\u0e00" and char.isalpha() for char in text) * 2 > sum(map(str.isalpha, text))


def _is_finished(row: ScriptRow) -> bool:
    """Tell a row that may well be the last of a speech: it ends with a mark of punctuation, an ellipsis too."""
    return row.plain.rstrip("\"'”’»)]」』）")[-1:] in ".!?…。！？؟۔।;；"


def _usual(indents: Sequence[int]) -> int:
    return max(set(indents), key=indents.count, default=0)
