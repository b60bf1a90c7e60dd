"""What a script holds, and what aligning it gives."""

from __future__ import annotations

from audiorole.dataset.subtitles.records import Problem
from audiorole.types import Record


class ScriptLine(Record, frozen=True):
    """One speech. line: its line number in the file. directions: what stood in parentheses, in order.

    speaker: "" for a row of which it is not understood who says it, narration among them.
    """

    speaker: str
    text: str
    line: int = 0
    scene: str = ""
    directions: tuple[str, ...] = ()


class Script(Record, frozen=True):
    """A script as read. layout: `transcript` (`NAME: line`) or `screenplay` (names on lines of their own)."""

    source: str
    layout: str
    lines: tuple[ScriptLine, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names in order of their first line."""
        return tuple(dict.fromkeys(line.speaker for line in self.lines if line.speaker))


class Match(Record, frozen=True):
    """Where a subtitle line stands in the script. line: index of the script line (the one with most of its words).

    score: in [0, 1], share of the subtitle's words found there, in order (similar spelling counts in part).
    others: further speakers of the same subtitle line: it was joined from several speeches.
    moved: found out of order, by its words alone.
    """

    speaker: str
    score: float
    line: int
    others: tuple[str, ...] = ()
    moved: bool = False
