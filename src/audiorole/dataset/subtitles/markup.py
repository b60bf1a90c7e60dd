"""From a cue's markup (HTML, ASS overrides, WebVTT tags, entities) to the display lines a viewer sees."""

from __future__ import annotations

import html
import re
import unicodedata

from audiorole.types import Record

# Bounded quantifiers: a hostile cue of unclosed brackets must not cost quadratic time.
_MARKUP = re.compile(
    r"\{(?P<override>[^{}]{0,2000})\}"
    r"|<\s*(?P<close>/?)\s*(?P<tag>[A-Za-z][A-Za-z0-9]{0,15})(?P<rest>[\s.\\/][^<>]{0,500})?>"
    r"|<\d\d?:[\d:.]{1,12}>"
)
_ITALIC_STEP = re.compile(r"\\i([01])(?![0-9a-z])|\\r")
_DRAWING_STEP = re.compile(r"\\p(\d)")
_BREAK = re.compile(r"\\N|\\n|<\s*br\s*/?\s*>", re.IGNORECASE)
_MICRODVD = re.compile(r"[ycfsopYCFSHP]:", re.ASCII)

# What a viewer never sees: bidirectional controls, zero-width marks, soft hyphens, byte order marks.
# U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


class ShownLine(Record, frozen=True):
    """One display line: visible text with single spaces; italic: more than half of its characters are."""

    text: str
    italic: bool = False


def shown_lines(text: str, italic: bool = False) -> tuple[ShownLine, ...]:
    """Return the visible display lines of a cue's `text`, empty ones left out.

    italic: the style of the cue before any tag. Vector drawings (`{\\p1}`) are not text and vanish.
    """
    lines: list[list[tuple[str, bool]]] = [[]]
    for run, is_italic in _runs(_BREAK.sub("\n", text.replace("\\h", " ")), italic):
        first, *others = run.split("\n")
        lines[-1].append((first, is_italic))
        lines.extend([(other, is_italic)] for other in others)
    return tuple(line for line in map(_shown, lines) if line.text)


def has_drawing(text: str) -> bool:
    """Tell whether the cue switches to ASS vector drawing: it has no text to lose."""
    return any(step.group(1) != "0" for step in _DRAWING_STEP.finditer(text)) and "{" in text


def _runs(text: str, italic: bool) -> list[tuple[str, bool]]:
    runs: list[tuple[str, bool]] = []
    position, base, drawing = 0, italic, False
    for match in _MARKUP.finditer(text):
        override = match.group("override")
        if override is not None and not _is_override(override):
            continue
        if not drawing:
            runs.append((text[position : match.start()], italic))
        position = match.end()
        if override is not None:
            italic, drawing = _after_override(override, italic, base, drawing)
        elif (match.group("tag") or "").lower() in ("i", "em"):
            italic = not match.group("close")
    if not drawing:
        runs.append((text[position:], italic))
    return runs


def _is_override(inside: str) -> bool:
    """Tell ASS or MicroDVD codes from braces that are part of the text, such as `{laughs}` in an SRT file."""
    return not inside.strip() or "\\" in inside or _MICRODVD.match(inside) is not None


def _after_override(override: str, italic: bool, base: bool, drawing: bool) -> tuple[bool, bool]:
    for step in _ITALIC_STEP.finditer(override):
        italic = base if step.group(1) is None else step.group(1) == "1"
    for step in _DRAWING_STEP.finditer(override):
        drawing = step.group(1) != "0"
    return italic, drawing


def _shown(runs: list[tuple[str, bool]]) -> ShownLine:
    slanted = sum(len(text.strip()) for text, italic in runs if italic)
    upright = sum(len(text.strip()) for text, italic in runs if not italic)
    return ShownLine(text=visible("".join(text for text, _ in runs)), italic=slanted > upright)


def visible(text: str) -> str:
    """Return `text` with entities decoded, control and invisible characters removed, and single spaces.

    >>> visible("Tom &amp;  Jerry\\u200e")
    'Tom & Jerry'
    """
    text = unicodedata.normalize("NFC", html.unescape(text)).translate(_INVISIBLE)
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char.isspace() or char in "\u200c\u200d" else " " for char in text)
    return " ".join(text.split())
