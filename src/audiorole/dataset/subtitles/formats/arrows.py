"""SubRip and WebVTT: the formats of `start --> end` lines, read with line numbers and without giving up on bad cues.

Our own scanner rather than pysubs2's: that one swallows what it cannot read (a wrong time stamp glues two cues
together), knows no line numbers, and drops the speaker of WebVTT's `<v Name>`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

from audiorole.dataset.subtitles.records import Problem, RawCue
from audiorole.dataset.subtitles.shown.markup import only_voice

_STAMP = r"(-?)\s*(?:(\d{1,4})\s*:)?\s*(\d{1,3})\s*:\s*(\d{1,3})(?:\s*[,.:;'’]\s*(\d{1,9}))?"
_TIMES = re.compile(
    # the number of the cue may stand before its times
    rf"^(?:#?\d{{1,6}}[.)]?\s+(?=\d{{1,3}}:\d))?[^\w-]{{0,3}}{_STAMP}\s{{0,8}}"
    rf"(?:-\s?-?-?\s?[>\u203a]|[\u2192\u21d2\u27f6\u2013\u2014=]>?|>)\s{{0,8}}{_STAMP}(?![\d:])"
)
_ARROW = re.compile(r"-->|->|\u2192")
_STAMP_LIKE = re.compile(r"\d\s*:\s*\d")
_NUMBER = re.compile(r"^\s*#?\d{1,7}[.:)]?\s*$")
_SETTINGS = re.compile(
    r"(?:[XY][12]\s*:\s*-?\d+|(?:line|position|size|align|vertical|region|[LATSD])\s*:\s*\S+)\s*", re.I
)
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NOT_CUES = re.compile(r"^(NOTE|STYLE|REGION)(\s|$)")

Found = tuple[list[RawCue], list[Problem]]
"""The cues of a file and what could not be used of it."""

Block = tuple[int, str, list[str]]
"""Line number of the time stamps, that line, and the lines that follow up to the next one."""


def read_arrows(text: str, source: str, webvtt: bool = False) -> tuple[list[RawCue], list[Problem]]:
    """Return the cues of a SubRip or WebVTT file in file order, and one `Problem` for each that cannot be used."""
    cues: list[RawCue] = []
    problems: list[Problem] = []
    blocks = _in_seconds(list(_blocks(text, webvtt)))
    for at, (number, stamps, body) in enumerate(blocks, start=1):
        times, beside = _times(stamps)
        lines = [*([beside] if beside else []), *_body(body, webvtt, last=at == len(blocks))]
        sentence = _wrong(stamps, times)
        if times is None or sentence:
            problems.append(Problem(path=source, line=number, sentence=sentence))
            continue
        cue_text = "\n".join(lines)
        start = max(0.0, times[0])
        cues.append(RawCue(0, start, times[1], cue_text, line=number, speaker=only_voice(cue_text)))
    return cues, problems


def _blocks(text: str, webvtt: bool) -> Iterator[Block]:
    """Yield each line with time stamps and what follows it."""
    current: Block | None = None
    skipping = False
    for number, written in enumerate(text.split("\n"), start=1):
        line = _plain_stamps(written)
        if webvtt and _NOT_CUES.match(line):
            skipping = True
        elif _is_stamps(line):
            skipping = False
            if current:
                yield current
            current = (number, line.strip(), [])
        elif current and not skipping:
            current[2].append(line)
        skipping = skipping and bool(line.strip())
    if current:
        yield current


_FRAMES = re.compile(r"(?<![\d:])(\d{1,2}:\d{2}:\d{2})[:;](\d{2})(?![\d:])")
_RATES = (24, 25, 30)


def _in_seconds(blocks: list[Block]) -> list[Block]:
    """Write frames (`00:00:01:12`) as fractions of a second, where a file has them in all its times."""
    found = [_FRAMES.findall(stamps) for _, stamps, _ in blocks]
    most = max((int(frames) for pairs in found for _, frames in pairs), default=0)
    if not all(len(pairs) == 2 for pairs in found) or most >= max(_RATES):
        return blocks
    rate = next(rate for rate in _RATES if rate > most)

    def fraction(match: re.Match[str]) -> str:
        return f"{match.group(1)}.{round(int(match.group(2)) * 1000 / rate):03d}"

    return [(number, _FRAMES.sub(fraction, stamps), lines) for number, stamps, lines in blocks]


def _plain_stamps(line: str) -> str:
    """Return a line of time stamps in plain signs: figures of any script, no marks of direction, `>` as itself."""
    if (line.isascii() and "&gt;" not in line) or not any(map(str.isdigit, line[:40])):
        return line
    plain = _BIDI.sub("", unicodedata.normalize("NFKC", html.unescape(line)))
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain)
    return plain if _TIMES.match(plain) or "-->" in plain else line


def _is_stamps(line: str) -> bool:
    if _TIMES.match(line):
        return True
    # An arrow between figures that cannot be read as times is a damaged cue, not dialogue.
    arrow = _ARROW.search(line)
    return arrow is not None and arrow.group() == "-->" and bool(_STAMP_LIKE.search(line))


def _body(lines: list[str], webvtt: bool, last: bool) -> list[str]:
    """Strip what belongs to the next cue (its number or WebVTT identifier) and the blank lines."""
    if webvtt and "" in lines:  # an empty row ends the cue, a row of spaces does not
        return [line for line in lines[: lines.index("")] if line.strip()]
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    # The number line of the next cue. A text of figures only ("42") is kept unless a blank line stands before it, it
    # is not the first line, or the file writes numbers without blank lines between cues.
    if not last and kept and _NUMBER.match(kept[-1]) and (len(kept) > 1 or len(lines) == 1):
        kept.pop()
    return [line for line in kept if line.strip()]


def _times(stamps: str) -> tuple[tuple[float, float] | None, str]:
    """Return start and end, None where they cannot be read, and the words that stand behind them in the row."""
    match = _TIMES.match(stamps)
    if match is None:
        return None, ""
    beside = _SETTINGS.sub("", stamps[match.end() :]).strip().removeprefix("]").strip()
    return (_seconds(match.groups()[:5]), _seconds(match.groups()[5:10])), beside


def _seconds(groups: tuple[str | None, ...]) -> float:
    sign, hours, minutes, seconds, fraction = groups
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    value = total + (float(f"0.{fraction}") if fraction else 0.0)
    return -value if sign else value


def _wrong(stamps: str, times: tuple[float, float] | None) -> str:
    if times is None:
        return f"times cannot be read ({quoted(stamps)})"
    return wrong_times(*times)


def quoted(text: str) -> str:
    """Return the beginning of `text` fit for a message: one line, nothing unprintable.

    >>> quoted("00:0\\x0042  -->")
    '00:0?42 -->'
    """
    return " ".join("".join(char if char.isprintable() or char.isspace() else "?" for char in text[:60]).split())


def wrong_times(start: float, end: float) -> str:
    """Say what is wrong with a cue's times, or "" when nothing is; one that begins before zero may go on after it."""
    shown = f"{clock(start)} → {clock(end)}"
    if start < 0 and end <= 0:
        return f"cue starts before zero ({shown})"
    if end < start:
        return f"cue ends before it starts ({shown})"
    if end == start:
        return f"cue lasts no time ({shown})"
    return f"cue lies beyond {LATEST / 3600:.0f} hours ({shown})" if end > LATEST else ""


LATEST = 100 * 3600.0
"""Seconds; SubRip's two-digit hours end here, and no episode is longer."""


def clock(seconds: float) -> str:
    """Write seconds as subtitle files do.

    >>> clock(723.1)
    '00:12:03,100'
    """
    milliseconds = round(abs(seconds) * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{'-' if seconds < 0 else ''}{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"
