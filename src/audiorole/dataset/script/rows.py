"""Rows of a script without what stands before its names: list marks, numbers, time stamps; with their indents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from audiorole.dataset.script.pages import BOLD, PLAIN
from audiorole.dataset.subtitles.shown.markup import visible
from audiorole.types import Record

_STAMP = r"(?:\d{1,2}h)?\d{1,3}(?:[:.m]\d{2}){1,2}(?:[.,:;]\d{1,3})?s?"
_LONG_STAMP = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,:;]\d{1,3})?"
STAMP = re.compile(
    rf"[\[({{<]\s*{_STAMP}\s*(?:(?:-->|->|-|–|—|to|,)\s*{_STAMP}\s*)?[\])}}>]"
    rf"|(?<![\w:]){_LONG_STAMP}(?:\s*(?:-->|->|-|–|—|to)\s*{_LONG_STAMP})?(?![\w:])"
    r"|\[\s*\d{1,5}(?:\.\d{1,3})?\s*s?\s*(?:(?:-->|-|–)\s*\d{1,5}(?:\.\d{1,3})?\s*s?\s*)?\]"
)
_LIST_MARK = re.compile(
    r"^(?:[*•·‣▪●○◦■□►▶→♦◆☞➤➜✦★☆]+|[:;*#]+(?=\s|[^\s\d:])|[-–—]+(?=\s)|>+(?=\s)|>{2,}|[-–—](?=[^\W\d_]))\s*"
)
_NUMBER = re.compile(
    r"^(?:[\[({]?\d{1,5}[\])}]|\d{1,5}[.):/]|[#§]\s?\d{1,5}[:.]?|\d{1,5}\s*[-–|]|\d{1,5}(?=\s+(?!of\b)[^\W\d_]|\t)|[a-z][.)]"
    r"|(?:line|row|cue|l)\s?\d{1,5}[:.)]?)(?=[\s:]|$)\s*:?\s*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(?:#{1,6}\s+|={2,6}\s*)(.*?)\s*(?:=+|#+)?$")
_BEFORE_COLON = re.compile(rf"^([^.!?:]{{1,40}}?)\s+{_LONG_STAMP}(?=\s*[:：]\s)")  # `Joe 00:04: Okay`
_AFTER_STAMP = re.compile(r"^[\s\-–—:|.,]+(?=\S)")
_SHORT = 60
"""Characters of a row that may be a name and a time."""


class ScriptRow(Record, frozen=True):
    """One row. number: in the file, from 1. text: visible, without marks before it, bold between `BOLD` and `PLAIN`.

    raw: the text as it stood, for tabs and double spaces. indent: columns before it. width: characters of the whole
    row. marked: a list mark, a number or a time stood before it, so that it begins something. heading: of a page.
    stamped: a time stands at its end, as transcription services write behind a name.
    """

    number: int
    text: str
    raw: str = ""
    indent: int = 0
    width: int = 0
    marked: bool = False
    heading: bool = False
    stamped: bool = False

    @property
    def plain(self) -> str:
        """The text without the marks of bold."""
        return visible(self.text.replace(BOLD, "").replace(PLAIN, ""))


def read_rows(lines: Iterable[str]) -> Iterator[ScriptRow]:
    """Yield the rows; empty ones too, since they divide paragraphs."""
    for number, line in enumerate(lines, start=1):
        expanded = line.expandtabs(8)
        body = line.strip().lstrip("\ufeff\u200e\u200f")
        indent = len(expanded) - len(expanded.lstrip())
        heading = _HEADING.match(body)
        body = heading.group(1) if heading else body
        rest, marked = _without_marks(body)
        rest, stamped = _without_last_stamp(_BEFORE_COLON.sub(r"\1", rest))
        yield ScriptRow(number, _tidy(rest), rest, indent, len(expanded.rstrip()), marked, heading is not None, stamped)


def _without_marks(text: str) -> tuple[str, bool]:
    """Take list marks, numbers and time stamps off the front."""
    marked = False
    for _ in range(5):
        opening = BOLD if text.startswith(BOLD) else ""
        bare = text[len(opening) :]
        match = STAMP.match(bare) or _LIST_MARK.match(bare) or _NUMBER.match(bare)
        if match is None or not match.group():
            break
        after = bare[match.end() :]
        after = _AFTER_STAMP.sub("", after) if STAMP.match(bare) else after
        text, marked = opening + after.lstrip(), True
        if text.startswith(BOLD + PLAIN):
            text = _AFTER_STAMP.sub("", text[2:].lstrip()).lstrip()
    return text, marked


def _without_last_stamp(text: str) -> tuple[str, bool]:
    """Take a time off the end of a short row: `Joe  0:08`."""
    if len(text) > _SHORT:
        return text, False
    text = re.sub(r"\s+\^$", "", text)  # two people at once, in Fountain
    for match in STAMP.finditer(text):
        if match.end() == len(text.rstrip(PLAIN + " ")) and match.start() > 0:
            return text[: match.start()].rstrip(" -–—|,(["), True
    return text, False


def _tidy(text: str) -> str:
    """Make the text visible and keep the marks of bold."""
    if BOLD not in text and PLAIN not in text:
        return visible(text)
    pieces = re.split(f"([{BOLD}{PLAIN}])", text)
    joined = "".join(
        piece if piece in (BOLD, PLAIN) else " " * (piece[:1].isspace()) + visible(piece) + " " * (piece[-1:].isspace())
        for piece in pieces
    )
    return re.sub(r"\s+", " ", joined).strip()
