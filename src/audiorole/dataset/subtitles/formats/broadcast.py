"""Broadcast captions by ttconv (Sandflow, BSD-2-Clause): SCC (CEA-608) and binary EBU STL.

ttconv gives a TTML document in memory: paragraphs with times, whose spans may come in one after the other.
"""

from __future__ import annotations

import html
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ttconv.scc.reader
import ttconv.stl.reader
from ttconv import model
from ttconv.style_properties import StyleProperties

from audiorole.dataset.subtitles.formats.arrows import Found, quoted, wrong_times
from audiorole.dataset.subtitles.records import Problem, RawCue
from audiorole.errors import InputError
from audiorole.types import Record

_LONGEST = 10.0
"""Seconds that a caption without an end is shown at most."""
_LARGEST_SCC = 512 << 10
_MOST_CODES = 500
"""Codes of one caption: the screen's four rows take under 200. ttconv's time grows with their square."""
_SAME_TIME = 0.5
"""Seconds within which rows that are painted one after the other are one caption."""


class _Row(Record, frozen=True):
    """A display row: when its first word is shown, and its text as markup."""

    start: float
    text: str


def read_scc(text: str, source: str) -> Found:
    """Return cues and problems of Scenarist closed captions. Raises `InputError` where they cannot be read."""
    if len(text) > _LARGEST_SCC:
        raise InputError(source, f"has more than {_LARGEST_SCC >> 10} KiB of SCC; a film has half of that.")
    rows = list(enumerate(text.split("\n"), start=1))
    long = [number for number, row in rows if len(row.split()) > _MOST_CODES]
    problems = [Problem(source, number, f"caption of more than {_MOST_CODES} codes is left out") for number in long]
    told = (row for number, row in rows if number not in long and not row.lower().startswith("scenarist_scc"))
    kept = "\n".join(["Scenarist_SCC V1.0", *told])
    cues, found = _read(lambda: ttconv.scc.reader.to_model(kept), source, "SCC")
    return cues, problems + found


def read_ebu_stl(data: bytes, source: str) -> Found:
    """Return cues and problems of a binary EBU subtitle file (Tech 3264). Raises `InputError` where it is none."""
    return _read(lambda: ttconv.stl.reader.to_model(io.BytesIO(data)), source, "EBU STL")


def _read(parse: Callable[[], Any], source: str, format_: str) -> Found:
    with _heard() as said:
        try:
            document = parse()
        except Exception as error:
            reason = quoted(str(error)) or type(error).__name__
            raise InputError(source, f"cannot be read as {format_} ({reason}).") from error
    problems = [Problem(source, 0, sentence) for sentence in dict.fromkeys(said) if _costs(sentence)]
    cues: list[RawCue] = []
    for cue in _until_the_next(list(_cues(document))):
        if sentence := wrong_times(cue.start, cue.end):
            problems.append(Problem(source, 0, sentence))
        else:
            cues.append(cue)
    return cues, problems


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what ttconv logs: it says there which captions it leaves out."""
    said: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(quoted(record.getMessage()))

    logger, handler = logging.getLogger("ttconv"), Collector(logging.WARNING)
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _costs(sentence: str) -> bool:
    """Tell whether what ttconv says costs text, not only looks."""
    return any(
        word in sentence.lower() for word in ("omit", "skip", "invalid", "unknown", "ignor", "missing", "adjust")
    )


def _cues(document: Any) -> Iterator[RawCue]:
    body = document.get_body()
    for division in body if body is not None else ():
        for paragraph in division:
            yield from _paragraph(paragraph, float(division.get_begin() or 0))


def _paragraph(paragraph: Any, offset: float) -> Iterator[RawCue]:
    """Yield a cue for each group of rows that come in together."""
    begin = offset + float(paragraph.get_begin() or 0)
    end = None if paragraph.get_end() is None else offset + float(paragraph.get_end())
    groups: list[list[_Row]] = []
    for row in _rows(paragraph, begin):
        if groups and row.start - groups[-1][0].start <= _SAME_TIME:
            groups[-1].append(row)
        else:
            groups.append([row])
    for at, group in enumerate(groups):
        last = -1.0 if end is None else end
        until = groups[at + 1][0].start if at + 1 < len(groups) else last
        yield RawCue(index=0, start=group[0].start, end=until, text="\n".join(row.text for row in group))


def _rows(paragraph: Any, begin: float) -> list[_Row]:
    rows: list[list[tuple[float, str]]] = [[]]
    for start, text in _runs(paragraph, begin, "", False):
        if text == "\n":
            rows.append([])
        elif text.strip():
            rows[-1].append((start, text))
        elif rows[-1]:
            rows[-1].append((rows[-1][-1][0], text))
    return [_Row(min(start for start, _ in row), "".join(text for _, text in row)) for row in rows if row]


def _runs(element: Any, begin: float, colour: str, italic: bool) -> Iterator[tuple[float, str]]:
    """Yield the texts below `element`, each with its time; a line break is a newline."""
    for child in element:
        if isinstance(child, model.Br):
            yield begin, "\n"
        elif isinstance(child, model.Text):
            yield begin, _marked(child.get_text(), colour, italic)
        else:
            inner = begin + float(child.get_begin() or 0)
            slant = child.get_style(StyleProperties.FontStyle)
            yield from _runs(
                child, inner, _colour(child) or colour, italic if slant is None else slant.name == "italic"
            )


def _colour(element: Any) -> str:
    colour = element.get_style(StyleProperties.Color)
    return "#{:02x}{:02x}{:02x}".format(*colour.components[:3]) if colour is not None else ""


def _marked(text: str, colour: str, italic: bool) -> str:
    if not text.strip():
        return text
    text = html.escape(text, quote=False)
    text = f"<i>{text}</i>" if italic else text
    return f'<font color="{colour}">{text}</font>' if colour and colour != "#ffffff" else text


def _until_the_next(cues: list[RawCue]) -> list[RawCue]:
    """Let a caption without an end stay until the next one."""
    starts = [*(cue.start for cue in cues[1:]), float("inf")][: len(cues)]
    return [
        RawCue(index=0, start=cue.start, end=min(bound, cue.start + _LONGEST), text=cue.text) if cue.end < 0 else cue
        for cue, bound in zip(cues, starts, strict=True)
    ]
