"""From a cue's markup (HTML, ASS overrides, WebVTT tags, entities) to the display lines a viewer sees.

Colours and voices stay with the words: they say where another speaker begins.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter

from audiorole.types import Record

# Bounded quantifiers: a hostile cue of unclosed brackets must not cost quadratic time.
_MARKUP = re.compile(
    r"\{(?P<override>[^{}]{0,2000})\}"
    r"|<\s*(?P<close>/?)\s*(?P<tag>[A-Za-z][A-Za-z0-9]{0,15})(?P<rest>[\s.\\/][^<>]{0,500})?>"
    r"|<\d\d?:[\d:.]{1,12}>"
)
_ITALIC_STEP = re.compile(r"\\i([01])(?![0-9a-z])|\\r")
_DRAWING_STEP = re.compile(r"\\p(\d)")
_COLOUR_STEP = re.compile(r"\\1?c(?:&H?([0-9A-Fa-f]{1,8})&?)?(?![a-z])|\\r([^\\}]{0,60})")
_MICRODVD_COLOUR = re.compile(r"^[cC]:\$?([0-9A-Fa-f]{6})")
_HTML_COLOUR = re.compile(r"color\s*[=:]\s*[\"']?\s*([#\w]{1,30})", re.IGNORECASE)
_BREAK = re.compile(
    r"\\[Nn]|<\s*[Bb][Rr]\s*/?\s*>"
    # left by a conversion from a format of one row a cue; a bar may be an `I` that was scanned
    r"|(?<=[.,!?…])\|(?=\S)|(?<=\w)\|(?=[-–—A-ZÀ-Þ¿¡])"
)
_MICRODVD = re.compile(r"[ycfsopYCFSHP]:", re.ASCII)
_SENTENCE_END = re.compile(r"[.!?…。！？\"”’»)\]）】]\s*$")
# Classes of WebVTT that say how words look, not whose they are.
_LOOKS = re.compile(
    r"^(bg_|i$|b$|u$|s$|small|large|big|italic|bold|under|center|left|right|top|bottom|default|caption)"
)

# What a viewer never sees: bidirectional controls, zero-width marks, soft hyphens, byte order marks.
# U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


class ShownLine(Record, frozen=True):
    """One display line, or the part of it that one speaker says.

    text: visible, with single spaces. italic: more than half of its characters are. colour: of most characters, ""
    for the usual one. voice: the name that a format's tag gives (`<v Name>`).
    """

    text: str
    italic: bool = False
    colour: str = ""
    voice: str = ""


class _Look(Record, frozen=True):
    """How a run of characters is shown."""

    italic: bool = False
    colour: str = ""
    voice: str = ""


_Run = tuple[str, _Look]


def shown_lines(text: str, italic: bool = False) -> tuple[ShownLine, ...]:
    """Return the visible display lines of a cue's `text`, empty ones left out.

    italic: the style of the cue before any tag. Vector drawings (`{\\p1}`) are not text and vanish. A display line is
    cut where the voice changes, and where the colour changes between two sentences.
    """
    lines: list[list[_Run]] = [[]]
    for run, look in _runs(_BREAK.sub("\n", text.replace("\\h", " ")), _Look(italic=italic)):
        first, *others = run.split("\n")
        lines[-1].append((first, look))
        lines.extend([(other, look)] for other in others)
    pieces = (piece for line in lines for piece in _pieces(line))
    return tuple(line for line in map(_shown, pieces) if line.text)


def has_drawing(text: str) -> bool:
    """Tell whether the cue switches to ASS vector drawing: it has no text to lose."""
    return any(step.group(1) != "0" for step in _DRAWING_STEP.finditer(text)) and "{" in text


def only_voice(text: str) -> str:
    """Return the name that a format's tag gives to all words of the cue, "" where there is none or several.

    >>> only_voice("<v Marta>The kettle is on.</v>"), only_voice("<v Marta>Yes?</v> <v Olle>No.</v>")
    ('Marta', '')
    """
    voices = {line.voice for line in shown_lines(text)} if "<" in text else set()
    return voices.pop() if len(voices) == 1 else ""


class _Reader:
    """Walks over the markup of one cue and keeps how the next characters look."""

    def __init__(self, base: _Look) -> None:
        self.base, self.look, self.drawing = base, base, False
        self.colours: list[str] = []  # of the open tags, innermost last

    def override(self, inside: str) -> None:
        """Read ASS overrides (`\\i1`, `\\c&H00FFFF&`, `\\r`, `\\p1`) or MicroDVD codes (`y:i`, `c:$00ffff`)."""
        italic, colour = self.look.italic, self.look.colour
        for step in _ITALIC_STEP.finditer(inside):
            italic = self.base.italic if step.group(1) is None else step.group(1) == "1"
        for step in _COLOUR_STEP.finditer(inside):
            colour = plain_colour(_web_order(step.group(1))) if step.group(1) else (step.group(2) or "").strip()
        for step in _DRAWING_STEP.finditer(inside):
            self.drawing = step.group(1) != "0"
        if match := _MICRODVD_COLOUR.match(inside):
            colour = plain_colour(_web_order(match.group(1)))
        self.look = _Look(italic, colour, self.look.voice)

    def tag(self, name: str, rest: str, closes: bool) -> None:
        """Read an HTML or WebVTT tag."""
        italic, colour, voice = self.look.italic, self.look.colour, self.look.voice
        if name in ("i", "em"):
            italic = not closes
        elif name == "v":
            voice = "" if closes else visible(re.sub(r"^\.\S*", "", rest))
        elif name in ("font", "span", "c"):
            colour = self._coloured(_tag_colour(name, rest), closes)
        self.look = _Look(italic, colour, voice)

    def _coloured(self, colour: str, closes: bool) -> str:
        if not closes:
            self.colours.append(colour or self.look.colour)
        elif self.colours:
            self.colours.pop()
        return self.colours[-1] if self.colours else self.base.colour


def _runs(text: str, base: _Look) -> list[_Run]:
    runs: list[_Run] = []
    reader, position = _Reader(base), 0
    for match in _MARKUP.finditer(text):
        override = match.group("override")
        if (override is not None and not _is_override(override)) or _is_name(match, text):
            continue
        if not reader.drawing:
            runs.append((text[position : match.start()], reader.look))
        position = match.end()
        if override is not None:
            reader.override(override)
        elif match.group("tag"):
            reader.tag(match.group("tag").lower(), match.group("rest") or "", bool(match.group("close")))
    if not reader.drawing:
        runs.append((text[position:], reader.look))
    return runs


def _is_override(inside: str) -> bool:
    """Tell ASS or MicroDVD codes from braces that are part of the text, such as `{laughs}` in an SRT file."""
    return not inside.strip() or "\\" in inside or _MICRODVD.match(inside) is not None


_LONGEST_NAME = 40
_TAGS = frozenset(
    {
        "b", "i", "u", "s", "em", "strong", "font", "span", "c", "v", "ruby", "rt", "rb", "lang", "p", "br", "div",
        "a", "small", "big", "sup", "sub", "bold", "italic", "underline", "strike", "center", "body", "html", "tt",
        "style", "script", "img", "table", "tr", "td", "ul", "ol", "li", "h1", "h2", "h3", "k", "box", "box9",
        "box11", "pos", "rub",
    }
)  # fmt: skip


def _is_name(match: re.Match[str], text: str) -> bool:
    """Tell `<Joe> Hello`, where no tag of that name exists or ends, from markup, which may have attributes."""
    name, rest = (match.group("tag") or "").lower(), match.group("rest") or ""
    if not name or match.group("close") or name in _TAGS or "=" in rest or "/" in rest or len(rest) > _LONGEST_NAME:
        return False
    return f"</{name}" not in text.lower()


def _web_order(colour: str) -> str:
    """Turn the BGR figures of ASS and MicroDVD into RGB."""
    figures = colour[-6:].rjust(6, "0")
    return f"#{figures[4:6]}{figures[2:4]}{figures[0:2]}"


def _tag_colour(name: str, rest: str) -> str:
    """Return the colour, or the class, that a tag sets."""
    if name == "c":
        classes = [part for part in rest.strip("\\/ ").split(".") if part and not _LOOKS.match(part.lower())]
        return plain_colour(re.sub(r"^color", "#", classes[0], flags=re.IGNORECASE)) if classes else ""
    match = _HTML_COLOUR.search(rest)
    return plain_colour(match.group(1)) if match else ""


_NAMED = {
    "white": "#ffffff", "yellow": "#ffff00", "cyan": "#00ffff", "aqua": "#00ffff", "lime": "#00ff00", "red": "#ff0000",
    "magenta": "#ff00ff", "fuchsia": "#ff00ff", "blue": "#0000ff", "black": "#000000", "green": "#008000",
}  # fmt: skip


def plain_colour(colour: str) -> str:
    """Return a colour in one spelling; white is the usual one and has none.

    >>> plain_colour("Yellow"), plain_colour("#FF0"), plain_colour("FFFF00"), plain_colour("#ffffffff")
    ('#ffff00', '#ffff00', '#ffff00', '')
    """
    folded = colour.strip().lower()
    folded = _NAMED.get(folded, folded)
    if re.fullmatch(r"#?[0-9a-f]{6}(?:[0-9a-f]{2})?", folded):
        folded = f"#{folded.lstrip('#')[:6]}"
    elif re.fullmatch(r"#[0-9a-f]{3}", folded):
        folded = "#" + "".join(2 * figure for figure in folded[1:])
    return "" if folded == "#ffffff" else folded


def _pieces(line: list[_Run]) -> list[list[_Run]]:
    """Cut a display line where another voice begins, or another colour after the end of a sentence."""
    pieces: list[list[_Run]] = [[]]
    for text, look in line:
        before = pieces[-1]
        if text.strip() and any(run.strip() for run, _ in before) and _is_cut(before, look):
            pieces.append([])
        pieces[-1].append((text, look))
    return pieces


def _is_cut(before: list[_Run], look: _Look) -> bool:
    last = next(other for text, other in reversed(before) if text.strip())
    if last.voice != look.voice:
        return True
    return last.colour != look.colour and bool(_SENTENCE_END.search("".join(text for text, _ in before)))


def _shown(runs: list[_Run]) -> ShownLine:
    slanted = sum(len(text.strip()) for text, look in runs if look.italic)
    upright = sum(len(text.strip()) for text, look in runs if not look.italic)
    colours: Counter[str] = Counter()
    for text, look in runs:
        colours[look.colour] += len(text.strip())
    colour = max(colours, key=lambda name: colours[name]) if colours else ""
    voice = next((look.voice for text, look in runs if text.strip()), "")
    return ShownLine(visible("".join(text for text, _ in runs)), slanted > upright, colour, voice)


def visible(text: str) -> str:
    """Return `text` with entities decoded, control and invisible characters removed, and single spaces.

    >>> visible("Tom &amp;  Jerry\\u200e")
    'Tom & Jerry'
    """
    text = unicodedata.normalize("NFC", html.unescape(text)).translate(_INVISIBLE)
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char.isspace() or char in "\u200c\u200d" else " " for char in text)
    return " ".join(text.split())
