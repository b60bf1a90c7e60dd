"""SAMI: `<SYNC Start=…><P Class=…>` of which few files are whole HTML; a class is a language, `ID=Source` a name."""

from __future__ import annotations

import re
from collections import Counter

from audiorole.dataset.input.release.languages import same_language
from audiorole.dataset.subtitles.formats.arrows import Found, wrong_times
from audiorole.dataset.subtitles.records import Problem, RawCue
from audiorole.types import Record

_SYNC = re.compile(r"<sync\b([^<>]{0,200})>", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<p\b([^<>]{0,200})>", re.IGNORECASE)
_START = re.compile(r"start\s*=\s*[\"']?\s*(-?\d{1,10})", re.IGNORECASE)
_END = re.compile(r"\bend\s*=\s*[\"']?\s*(\d{1,10})", re.IGNORECASE)
_CLASS = re.compile(r"class\s*=\s*[\"']?\s*([\w.-]{1,40})", re.IGNORECASE)
_SOURCE = re.compile(r"id\s*=\s*[\"']?\s*source", re.IGNORECASE)
_LANGUAGE = re.compile(r"\.\s*([\w-]{1,40})\s*\{[^{}]{0,400}?\blang\s*:\s*([\w-]{2,12})", re.IGNORECASE)
_CLOSING = re.compile(r"</\s*(?:p|sync|body|sami)\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_LAST = 5.0
"""Seconds that the last cue is shown, which has no end."""


class _Said(Record, frozen=True):
    """One paragraph with its start in seconds; `end` where the file gives one."""

    start: float
    text: str
    speaker: str
    end: float = 0.0


def read_sami(text: str, source: str, language: str = "") -> Found:
    """Return cues and problems of one language of a SAMI file: `language`, else the one with most cues."""
    by_class: dict[str, list[_Said]] = {}
    problems: list[Problem] = []
    marks = list(_SYNC.finditer(text))
    bounds = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    for mark, bound in zip(marks, bounds, strict=True):
        start = _START.search(mark.group(1))
        if start is None:
            line = text.count("\n", 0, mark.start()) + 1
            problems.append(Problem(source, line, "a SYNC without a start that can be read"))
            continue
        end = _END.search(mark.group(1))
        times = (int(start.group(1)) / 1000, int(end.group(1)) / 1000 if end else 0.0)
        for name, one in _paragraphs(text[mark.end() : bound], times):
            by_class.setdefault(name, []).append(one)
    chosen = _chosen(by_class, dict(_LANGUAGE.findall(text)), language)
    for name, said in by_class.items():
        if name != chosen and any(one.text for one in said):
            problems.append(
                Problem(source, 0, f"{len(said)} cues of the class {name or 'without a name'} are left out")
            )
    cues, wrong = _cues(by_class.get(chosen, []), source)
    return cues, problems + wrong


def _paragraphs(text: str, times: tuple[float, float]) -> list[tuple[str, _Said]]:
    """Return (class, what is said) of the paragraphs of one SYNC; a paragraph of the source names the next one."""
    marks = list(_PARAGRAPH.finditer(text))
    if not marks:
        return [("", _Said(times[0], _plain(text), "", times[1]))]
    found, speaker = [], ""
    bounds = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, bound in zip(marks, bounds, strict=True):
        name, words = _CLASS.search(mark.group(1)), _plain(text[mark.end() : bound])
        if _SOURCE.search(mark.group(1)):
            speaker = re.sub(r"<[^<>]{0,200}>", "", words).strip(" :\n")
            continue
        found.append((name.group(1).lower() if name else "", _Said(times[0], words, speaker, times[1])))
    return found


def _plain(text: str) -> str:
    """Return display lines: the source's own line ends are spaces, `<br>` is one."""
    text = re.sub(r"\s+", " ", _CLOSING.sub(" ", text)).replace("&nbsp;", " ").replace("&nbsp", " ")
    rows = re.split(r"<\s*br\s*/?\s*>", text, flags=re.IGNORECASE)
    return "\n".join(row.strip() for row in rows).strip()


def _chosen(by_class: dict[str, list[_Said]], languages: dict[str, str], language: str) -> str:
    codes = {name.lower(): code for name, code in languages.items()}
    own = next((name for name in by_class if language and same_language(codes.get(name, name[:2]), language)), None)
    counts = Counter({name: sum(bool(one.text) for one in said) for name, said in by_class.items()})
    return own if own is not None else max(counts, key=lambda name: counts[name], default="")


def _cues(said: list[_Said], source: str) -> Found:
    """Give each paragraph its end: the next one, which is often empty for that alone."""
    cues: list[RawCue] = []
    problems: list[Problem] = []
    ordered = sorted(said, key=lambda one: one.start)
    for at, one in enumerate(ordered):
        if not one.text:
            continue
        until = ordered[at + 1].start if at + 1 < len(ordered) else one.start + _LAST
        end = min(one.end, until) if one.end > one.start else until
        if sentence := wrong_times(one.start, end):
            problems.append(Problem(source, 0, sentence))
        else:
            cues.append(RawCue(index=0, start=max(0.0, one.start), end=end, text=one.text, speaker=one.speaker))
    return cues, problems
