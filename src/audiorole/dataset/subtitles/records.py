"""What reading and splitting subtitles give: cues as written, problems, speaker lines, what was left out."""

from __future__ import annotations

from audiorole.types import Cue, Record


class RawCue(Record, frozen=True):
    """One cue as the file has it.

    index: 1-based number in reading order (by start once sorted); line: its first line in the file, 0 when unknown.
    start, end: seconds on the subtitle's own clock, end > start >= 0. text: with its markup, display lines
    separated by a newline. speaker: the name a format field gave (ASS Name, WebVTT voice). italic: by its style.
    style: the name of its ASS style.
    """

    index: int
    start: float
    end: float
    text: str
    line: int = 0
    speaker: str = ""
    italic: bool = False
    style: str = ""


class Problem(Record, frozen=True):
    """One place of a file that could not be used; the rest of the file was. `str()` is the message for a person."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.sentence}"


class Subtitles(Record, frozen=True):
    """A subtitle file as read. source: as messages name it; format: pysubs2's identifier, e.g. `srt`.

    encoding: Python codec name the bytes were decoded with. cues: sorted by start.
    """

    source: str
    format: str
    encoding: str
    cues: tuple[RawCue, ...]
    problems: tuple[Problem, ...] = ()


class SpeakerLine(Record, frozen=True):
    """One speaker's line, split out of a cue or joined from consecutive ones.

    start, end: seconds on the subtitle's clock. estimated: a boundary lies inside a cue and was placed by the number of
    characters. cue: the evidence (`types.Cue`). cues: indices of all cues the text came from.
    """

    text: str
    start: float
    end: float
    cue: Cue
    cues: tuple[int, ...]
    estimated: bool = False


class LeftOut(Record, frozen=True):
    """A cue that gave no line, or a row of one (`row`: its 1-based number among such rows, 0 for the whole cue).

    reason: `sound_only`, `music`, `empty`, `credit`, `repeat`, `drawing`, `sign`, `note` or `other_language`.
    """

    index: int
    start: float
    end: float
    reason: str
    shown: str = ""
    line: int = 0
    row: int = 0


class Split(Record, frozen=True):
    """All speaker lines of a file in time order, and every cue that gave none, with its reason."""

    lines: tuple[SpeakerLine, ...]
    left: tuple[LeftOut, ...]
