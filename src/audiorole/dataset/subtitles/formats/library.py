"""The formats read through pysubs2: ASS, SSA, MicroDVD, MPL2, TMPlayer.

Formats of one event per file line are given to pysubs2 line by line: that keeps line numbers, and a line it refuses
costs that line only.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
import pysubs2

from audiorole.dataset.subtitles.formats.arrows import Found, quoted, wrong_times
from audiorole.dataset.subtitles.records import Problem, RawCue

_EVENT = re.compile(r"^\s*Dialogue\s*:", re.IGNORECASE)
_STYLE = re.compile(r"^\s*Style\s*:", re.IGNORECASE)
_FORMAT = re.compile(r"^\s*Format\s*:(.*)$", re.IGNORECASE)
_COMMENT = re.compile(r"\{[^{}\\]*\}")  # braces without a code hide a note of the makers in ASS, not in SRT
_FIELDS = {
    "ass": ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"],
    "ssa": ["marked", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"],
}
_ALIASES = {"actor": "name", "character": "name"}
_LINE_FORMATS = {
    "microdvd": re.compile(r"^\W{0,3}\{\s*\d*\s*\}\s*\{\s*\d*\s*\}"),
    "mpl2": re.compile(r"^\W{0,3}\[-?\d+\]\[-?\d*\]"),
    "tmp": re.compile(r"^\W{0,3}\d{1,2}:\d{2}:\d{2}(?:,\d)?\s?[:=](?!\d{2}\s+[0-9a-fA-F]{4}\b)"),
}


def read_substation(text: str, source: str, format_: str) -> Found:
    """Return cues and problems of an ASS or SSA file. Comments are not shown and give nothing."""
    order = _FIELDS[format_]
    italics: dict[str, bool] = {}
    cues: list[RawCue] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _FORMAT.match(line):
            order = _events_order(match.group(1), order)
        elif _STYLE.match(line):
            italics.update(_style_italic(line, format_))
        elif _EVENT.match(line):
            event = _event(_reordered(line, order, _FIELDS[format_]), format_)
            _keep(event, number, source, cues, problems, italics)
    return cues, problems


def _events_order(columns: str, order: list[str]) -> list[str]:
    """Take the columns of the [Events] section; the styles' `Format:` line (no Text column) changes nothing."""
    names = [_ALIASES.get(name.strip().lower(), name.strip().lower()) for name in columns.split(",")]
    return names if names[-1:] == ["text"] and {"start", "end"} <= set(names) else order


def _reordered(line: str, order: list[str], standard: list[str]) -> str:
    """pysubs2 ignores the `Format:` line: put the fields into the order it assumes."""
    if order == standard:
        return line
    values = line.partition(":")[2].strip().split(",", len(order) - 1)
    given = dict(zip(order, values, strict=False))
    return "Dialogue: " + ",".join(given.get(name, "0" if name.startswith("margin") else "") for name in standard)


def _style_italic(line: str, format_: str) -> dict[str, bool]:
    try:
        styles = _parse(f"[V4+ Styles]\n{line}", format_).styles
    except _REFUSALS:
        return {}  # a broken style changes looks, not text
    return {name: bool(style.italic) for name, style in styles.items()}


def read_lines(text: str, source: str, format_: str, frame_rate: float | None) -> Found:
    """Return cues and problems of MicroDVD, MPL2 or TMPlayer. frame_rate: frames per second, for MicroDVD."""
    pattern = _LINE_FORMATS[format_]
    cues: list[RawCue] = []
    problems: list[Problem] = []
    open_ended: set[int] = set()
    extra: dict[str, Any] = {"fps": frame_rate or 23.976} if format_ == "microdvd" else {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not pattern.match(line):
            if line.strip():
                problems.append(Problem(source, number, f"not a {format_} line ({quoted(line[:40])})"))
            continue
        declared = _declared_rate(line) if format_ == "microdvd" else None
        if declared:
            extra = {"fps": declared}
            continue
        plain, is_open = _plain_line(line.lstrip("\ufeff"), format_)
        open_ended |= {number} if is_open else set()
        _keep(_event(plain, format_, **extra), number, source, cues, problems, {})
    return _until_the_next(cues, open_ended), problems


_OPEN = {"microdvd": re.compile(r"^\W{0,3}\{\s*(\d+)\s*\}\s*\{\s*\}"), "mpl2": re.compile(r"^\W{0,3}\[(\d+)\]\[\s*\]")}
_CLOSED = {"microdvd": ("{", "}", 125), "mpl2": ("[", "]", 50)}
"""Brackets, and the frames or tenths of a second that a cue without an end lasts at most."""
_STAMP = re.compile(r"^(\W{0,3}\d{1,2}:\d{2}:\d{2})(?:,\d)?\s?[:=]")


def _plain_line(line: str, format_: str) -> tuple[str, bool]:
    """Return a line as pysubs2 knows it, and whether the file leaves its end to the next line."""
    if format_ == "tmp":  # `00:00:01=…`, `00:00:01,1:…`
        return _STAMP.sub(r"\1:", line), True
    match = _OPEN[format_].match(line)
    if match is None:
        return line, False
    first, last, longest = _CLOSED[format_]
    start = int(match.group(1))
    return f"{first}{start}{last}{first}{start + longest}{last}{line[match.end() :]}", True


def _declared_rate(line: str) -> float | None:
    """Frames per second from `{1}{1}25.000`, the customary first line of MicroDVD."""
    match = re.match(r"^\W{0,3}\{\s*[01]\s*\}\{\s*[01]\s*\}\s*(\d{2,3}(?:\.\d{1,6})?)\s*$", line)
    rate = float(match.group(1)) if match else 0.0
    return rate if 1 < rate < 300 else None


def _until_the_next(cues: list[RawCue], open_ended: set[int]) -> list[RawCue]:
    """End the cues of these lines where the next one begins: what stands for their end is a guess."""
    nexts = [next((other.start for other in cues[at + 1 : at + 4] if other.start > cue.start), float("inf"))
             for at, cue in enumerate(cues)]  # fmt: skip
    return [
        msgspec.structs.replace(cue, end=min(cue.end, bound)) if cue.line in open_ended else cue
        for cue, bound in zip(cues, nexts, strict=True)
    ]


# What pysubs2 and the parsers under it raise on text they cannot read; the last ones are hostile files.
_REFUSALS = (
    pysubs2.exceptions.Pysubs2Error, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError,
    NotImplementedError, SyntaxError, OverflowError, RecursionError, LookupError, ArithmeticError,
)  # fmt: skip


def _parse(text: str, format_: str, **extra: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles; what matters here comes as an exception
        return pysubs2.SSAFile.from_string(text, format_=format_, **extra)


def _event(line: str, format_: str, **extra: Any) -> Any:
    """Return pysubs2's event of one file line, or the sentence that says why there is none."""
    try:
        events = _parse(f"[Events]\n{line}" if format_ in _FIELDS else line, format_, **extra).events
    except _REFUSALS as error:
        return f"event cannot be read ({_one_line(error)})"
    return events[0] if events else "event cannot be read (no text)"


def _one_line(error: BaseException) -> str:
    return quoted(str(error)) or type(error).__name__


def _keep(
    event: Any, number: int, source: str, cues: list[RawCue], problems: list[Problem], italics: dict[str, bool]
) -> None:
    sentence = event if isinstance(event, str) else wrong_times(event.start / 1000, event.end / 1000)
    if sentence:
        problems.append(Problem(path=source, line=number, sentence=sentence))
        return
    cues.append(
        RawCue(
            index=0,
            start=event.start / 1000,
            end=event.end / 1000,
            text=_COMMENT.sub("", event.text) if event.style else event.text,
            line=number,
            speaker=event.name.strip(),
            italic=italics.get(event.style.strip("* "), False),
            style=event.style.strip("* "),
        )
    )


def lines_of(text: str, format_: str) -> Iterator[str]:
    """Yield the file lines that look like an event of a one-line format; used to tell formats apart."""
    return (line for line in text.split("\n") if _LINE_FORMATS[format_].match(line))
