"""From the truth to subtitles as people find them: names on some lines, shared cues, gaps, jitter, drift, odd bytes.

A cue keeps its true times (`start`, `end`) and the ids of its lines, so every defect can be undone on paper.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from examples.make_sample.timeline import generator

Truth = dict[str, Any]
WIDTH, ROWS = 42, 2  # characters a row and rows a cue, as broadcasters write them
DASH_ROOM = 40  # characters at most of each line in a shared cue
DASH_GAP = 0.7  # seconds at most between the lines of a shared cue


@dataclass(frozen=True)
class Defects:
    """What is done to one subtitle file. Times are written as `seconds * rate + offset`.

    named: share of changes of speaker that get an SDH name; missing, condensed, split: keyed by a line's first words.
    """

    named: float = 0.0
    sounds: bool = False
    dashes: bool = False
    italics: bool = True
    jitter: float = 0.08
    lead_in: float = 0.12
    offset: float = 0.0
    rate: float = 1.0
    encoding: str = "utf-8"
    missing: tuple[str, ...] = ()
    condensed: dict[str, str] = field(default_factory=dict)
    split: tuple[str, ...] = ()
    credit: str = ""


@dataclass(frozen=True)
class Cue:
    """A cue. rows: the text as shown, with <i> tags; lines: ids of what is said in it."""

    start: float
    end: float
    rows: tuple[str, ...]
    lines: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """The text on one row, without tags."""
        return " ".join(self.rows).replace("<i>", "").replace("</i>", "")


def make_cues(truth: Truth, defects: Defects) -> list[Cue]:
    """Write the cues of an episode, in true time, sorted."""
    spoken = list(_spoken(truth, defects))
    if defects.dashes:
        spoken = list(_share(spoken))
    cues = spoken + (list(_sounds(truth)) if defects.sounds else [])
    cues.sort(key=lambda cue: cue.start)
    cues = list(_timed(cues, truth["episode"], defects))
    if defects.credit:
        end = truth["duration"]
        cues.append(Cue(end - 2.2, end - 0.2, (defects.credit,), kinds=("credit",)))
    return cues


def displace(cue: Cue, defects: Defects) -> tuple[float, float]:
    """Return the times that the file says, in seconds."""
    return cue.start * defects.rate + defects.offset, cue.end * defects.rate + defects.offset


def _spoken(truth: Truth, defects: Defects) -> Iterator[Cue]:
    previous = ("", "")
    for line in truth["lines"]:
        here = (line["character"], line["scene"])
        if not line["text"].startswith(defects.missing or ("\0",)):
            named = here != previous and generator("name", line["id"]).random() < defects.named
            yield from _cues_of(line, named or (line["off_screen"] and defects.named > 0), defects)
        previous = here


def _cues_of(line: Truth, named: bool, defects: Defects) -> Iterator[Cue]:
    shown, kinds = line["text"], ["sdh_name"] if named else []
    for words, short in defects.condensed.items():
        if line["text"].startswith(words):
            shown, kinds = short, [*kinds, "condensed"]
    name = f"{line['character'].upper()}: " if named else ""
    parts = _parts(line, shown, len(name), defects)
    for index, (start, end, text) in enumerate(parts):
        text = (name if index == 0 else "") + text
        rows = tuple(textwrap.wrap(text, WIDTH))
        if line["off_screen"] and defects.italics:
            rows = (f"<i>{rows[0]}", *rows[1:-1], f"{rows[-1]}</i>") if len(rows) > 1 else (f"<i>{rows[0]}</i>",)
        extra = [*kinds, *(["split"] if len(parts) > 1 else []), *(["italic"] if line["off_screen"] else [])]
        yield Cue(start, end, rows, (line["id"],), tuple(extra))


def _parts(line: Truth, shown: str, name: int, defects: Defects) -> list[tuple[float, float, str]]:
    """Cut a line that is too long for a cue, or is asked to be cut, at the pause nearest to its middle."""
    start, end = line["start"], line["end"]
    long = len(textwrap.wrap("x" * name + shown, WIDTH)) > ROWS
    if not (long or line["text"].startswith(defects.split or ("\0",))):
        return [(start, end, shown)]
    words = shown.split()
    middle = min(range(1, len(words)), key=lambda cut: _imbalance(words, cut))
    first, second = " ".join(words[:middle]), " ".join(words[middle:])
    wanted = start + (end - start) * len(first) / len(shown)
    pauses = [(a[1], b[0]) for a, b in zip(line["segments"], line["segments"][1:], strict=False)]
    cut = min(pauses, key=lambda pause: abs(sum(pause) / 2 - wanted), default=(wanted, wanted))
    if abs(sum(cut) / 2 - wanted) > 0.6:
        cut = (wanted, wanted)
    return [(start, cut[0], first), (cut[1], end, second)]


def _imbalance(words: list[str], cut: int) -> float:
    """Cost of cutting before word `cut`: uneven halves, and no punctuation before the cut."""
    left, right = len(" ".join(words[:cut])), len(" ".join(words[cut:]))
    return abs(left - right) + (0 if words[cut - 1][-1] in ".!?" else 12 if words[cut - 1][-1] == "," else 30)


def _share(cues: list[Cue]) -> Iterator[Cue]:
    """Put two short neighbouring lines into one cue with dashes; every other chance is taken."""
    index, chances = 0, 0
    while index < len(cues):
        pair = cues[index : index + 2]
        if len(pair) == 2 and _may_share(*pair):
            chances += 1
            if chances % 2:
                rows = tuple(f"- {' '.join(cue.rows)}" for cue in pair)
                kinds = ("dash", *dict.fromkeys(pair[0].kinds + pair[1].kinds))
                yield Cue(pair[0].start, pair[1].end, rows, pair[0].lines + pair[1].lines, kinds)
                index += 2
                continue
        yield cues[index]
        index += 1


def _may_share(first: Cue, second: Cue) -> bool:
    short = all(
        len(cue.plain) <= DASH_ROOM and "split" not in cue.kinds and "italic" not in cue.kinds
        for cue in (first, second)
    )
    return short and second.start - first.end < DASH_GAP


def _sounds(truth: Truth) -> Iterator[Cue]:
    for sound in truth["sounds"]:
        if sound["name"] != "chime":
            yield Cue(sound["start"], sound["end"], (f"[{sound['label'].upper()}]",), kinds=("sound",))
    for music in truth["music"]:
        if music["name"] == "theme":
            yield Cue(music["start"], music["start"] + 3.5, ("[THEME MUSIC]",), kinds=("sound",))


def _timed(cues: Iterable[Cue], episode: str, defects: Defects) -> Iterator[Cue]:
    """Lead in, linger and jitter; a cue gives way to the next one, as players want it."""
    cues = list(cues)
    for index, cue in enumerate(cues):
        random = generator("jitter", episode, index)
        shift = random.uniform(-defects.jitter, defects.jitter, 2)
        start, end = cue.start - defects.lead_in + shift[0], cue.end + 0.3 + shift[1]
        if index + 1 < len(cues):
            end = min(end, max(cues[index + 1].start - defects.lead_in - 0.08 - 0.04, cue.end - 0.25))
        yield replace(cue, start=round(max(0.0, start), 3), end=round(max(end, start + 0.4), 3))


def srt(cues: list[Cue], defects: Defects) -> bytes:
    """Write SubRip with Windows line ends."""
    blocks = (
        f"{number}\n{_clock(start, ',', 3)} --> {_clock(end, ',', 3)}\n" + "\n".join(cue.rows) + "\n"
        for number, cue in enumerate(cues, start=1)
        for start, end in [displace(cue, defects)]
    )
    return "\n".join(blocks).replace("\n", "\r\n").encode(defects.encoding)


_ASS_HEAD = """[Script Info]
; Ripped from the 25 fps tape
Title: Lost Property
ScriptType: v4.00+
WrapStyle: 0
PlayResX: 640
PlayResY: 360

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,22,&H00FFFFFF,&H000000FF,&H00000000,&H64000000,0,0,0,0,100,100,0,0,1,1.5,0,2,20,20,16,1
Style: Sign,Arial,16,&H0000FFFF,&H000000FF,&H00000000,&H64000000,1,0,0,0,100,100,0,0,1,1,0,8,20,20,16,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def ass(cues: list[Cue], defects: Defects, signs: Iterable[tuple[float, float, str]]) -> bytes:
    """Write Advanced SubStation: override tags, a comment and signs that nobody speaks."""
    events = ["Comment: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,check the spelling of Saltwick"]
    for cue in cues:
        times = ",".join(_clock(time, ".", 2) for time in displace(cue, defects))
        text = "\\N".join(cue.rows).replace("<i>", "{\\i1}").replace("</i>", "{\\i0}")
        events.append(f"Dialogue: 0,{times},Default,,0,0,0,,{text}")
    for start, end, sign in signs:
        at = (_clock(time * defects.rate + defects.offset, ".", 2) for time in (start, end))
        events.append(f"Dialogue: 1,{','.join(at)},Sign,,0,0,0,,{{\\pos(320,40)\\fad(200,200)}}{sign}")
    return (_ASS_HEAD + "\n".join(events) + "\n").encode(defects.encoding)


def _clock(seconds: float, mark: str, digits: int) -> str:
    unit = 10**digits
    whole, part = divmod(round(seconds * unit), unit)
    hours = f"{whole // 3600:02d}" if digits == 3 else str(whole // 3600)
    return f"{hours}:{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{part:0{digits}d}"


def script(truth: Truth, spelling: dict[str, str]) -> str:
    """A fan's transcript: names and lines, no times; `spelling` is how the fan writes the names."""
    out, scene = [f'LOST PROPERTY  {truth["episode"].upper()}  "{truth["title"]}"\n'], ""
    for line in truth["lines"]:
        if line["scene"] != scene:
            scene = line["scene"]
            place = next(item["description"] for item in truth["scenes"] if item["id"] == scene)
            out.append(f"\n[{place}]\n")
        name = spelling.get(line["character"], line["character"].upper())
        out.append(f"{name}: {line['text']}\n")
    return "".join(out)
