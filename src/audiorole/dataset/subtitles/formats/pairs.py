"""Formats with both times on one line and the text below or behind: SBV, SubViewer, Spruce STL."""

from __future__ import annotations

import re
from itertools import pairwise

from audiorole.dataset.subtitles.formats.arrows import Found, quoted, wrong_times
from audiorole.dataset.subtitles.records import Problem, RawCue

_STAMP = r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.:,](\d{1,3})"
_PAIR = re.compile(rf"^\W{{0,3}}{_STAMP}\s*,\s*{_STAMP}\s*$")
_SPRUCE = re.compile(rf"^\s*{_STAMP}\s*,\s*{_STAMP}\s*,(.*)$")
_MOMENT = re.compile(r"^\s*\[(\d{1,2}):(\d{2}):(\d{2})\]\s*$")
_BREAK = re.compile(r"\s*\[br\]\s*", re.IGNORECASE)
_SPRUCE_CODE = re.compile(r"\^[BIU]")
_LOOK = re.compile(r"^\{[A-Z]{2,}\}|^\[(?:COLF|STYLE|SIZE|FONT|SUBTITLE|END SUBTITLE)\]", re.IGNORECASE)
_SPRUCE_RATE = 25.0
"""Frames a second of Spruce's time codes where no video says otherwise."""


def looks_like_pairs(text: str) -> str:
    """Return `sbv`, `spruce` or `subviewer` where `text` has the times of such a format, else ""."""
    if "[START SCRIPT]" in text[:4000].upper():
        return "subviewer"
    for line in text.split("\n"):
        if _PAIR.match(line):
            return "sbv"
        if _SPRUCE.match(line):
            return "spruce"
    return ""


def read_sbv(text: str, source: str) -> Found:
    """Return cues and problems of SBV and SubViewer: times on a line of their own, the text below to an empty line."""
    cues: list[RawCue] = []
    problems: list[Problem] = []
    rows: list[str] = []
    times: tuple[float, float, int] | None = None
    for number, line in enumerate([*text.split("\n"), "0:00:00.000,0:00:00.000"], start=1):
        pair = _PAIR.match(line)
        if pair is None:
            rows.append(_LOOK.sub("", line))
            continue
        if times:
            _keep(times, _BREAK.sub("\n", _body(rows)), source, cues, problems)
        times, rows = (_seconds(pair.groups()[:4]), _seconds(pair.groups()[4:8]), number), []
    return cues, problems


def read_subviewer(text: str, source: str) -> Found:
    """Return cues and problems of SubViewer 1: a time, a row of text, and the time at which it goes."""
    cues: list[RawCue] = []
    problems: list[Problem] = []
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    stamps = [(at, number, _MOMENT.match(line)) for at, (number, line) in enumerate(lines)]
    times = [(at, number, match) for at, number, match in stamps if match]
    for (at, number, first), (until, _, second) in pairwise(times):
        words = "\n".join(line.strip() for _, line in lines[at + 1 : until]).replace("|", "\n")
        if words and first and second:
            start, end = (_seconds((*match.groups(), "0")) for match in (first, second))
            _keep((start, end, number), words, source, cues, problems)
    return cues, problems


def read_spruce(text: str, source: str, frame_rate: float | None) -> Found:
    """Return cues and problems of Spruce STL: `start , end , text` with `|` between rows. frame_rate: per second."""
    cues: list[RawCue] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _SPRUCE.match(line)
        if match:
            start, end = (_frames(match.groups()[at : at + 4], frame_rate or _SPRUCE_RATE) for at in (0, 4))
            words = _SPRUCE_CODE.sub("", match.group(9)).replace("|", "\n").strip()
            _keep((start, end, number), words, source, cues, problems)
        elif line.strip() and not line.lstrip().startswith(("$", "//")):
            problems.append(Problem(source, number, f"not a line of Spruce STL ({quoted(line[:40])})"))
    return cues, problems


def _keep(times: tuple[float, float, int], text: str, source: str, cues: list[RawCue], problems: list[Problem]) -> None:
    start, end, number = times
    if sentence := wrong_times(start, end):
        problems.append(Problem(source, number, sentence))
    else:
        cues.append(RawCue(index=0, start=start, end=end, text=text, line=number))


def _body(rows: list[str]) -> str:
    """Return the rows of one cue; an empty row ends it where words came before."""
    kept: list[str] = []
    for row in rows:
        if not row.strip() and kept:
            break
        if row.strip():
            kept.append(row.strip())
    return "\n".join(kept)


def _seconds(figures: tuple[str, ...]) -> float:
    hours, minutes, seconds, fraction = figures
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _frames(figures: tuple[str, ...], rate: float) -> float:
    hours, minutes, seconds, frames = (int(figure) for figure in figures)
    return hours * 3600 + minutes * 60 + seconds + frames / rate
