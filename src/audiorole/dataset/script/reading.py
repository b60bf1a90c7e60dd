"""Read scripts in the two layouts people have: `NAME: line` transcripts, and names on their own lines."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from audiorole.dataset.script.records import Script, ScriptLine
from audiorole.dataset.subtitles.encoding import decode
from audiorole.dataset.subtitles.markup import visible
from audiorole.dataset.subtitles.records import Problem
from audiorole.dataset.subtitles.sdh import is_manner, is_upper
from audiorole.errors import InputError

MAX_BYTES = 16 << 20
"""A feature film's script has 200 kB."""
_FEWEST = 3
"""Fewer named lines are notes, not a script."""
_LONGEST_NAME = 40

# `NAME:`, `Name (aside):`, `NAME [on phone]:`, `小明：`; a time (`12:30`) or an address (`http:`) is no name.
_NAMED = re.compile(
    rf"^(?P<name>[^\W\d_][^:：()\[\]]{{0,{_LONGEST_NAME}}}?)\s*(?P<aside>(?:\([^()]{{0,60}}\)|\[[^\[\]]{{0,60}}\])\s*)?"
    r"(?::(?=\s|$)|：)\s*(?P<text>.*)$"
)
_SCENE = re.compile(
    r"^(?:[\[(]\s*(?:(?:scene|scéna|szene|scène|escena|act|场景|場景)\b\s*[:.]?\s*)(?P<tag>[^\])]*)[\])]"
    r"|(?P<slug>(?:\d+[A-Z]?[.)]?\s+)?(?:INT|EXT|INT\./EXT|I/E)[./ ].*)"
    r"|(?:scene|act)\b[:. ]\s*(?P<plain>.{1,80}))$",
    re.IGNORECASE,
)
_DIRECTION = re.compile(r"\(([^()]{0,300})\)|\[([^\[\]]{0,300})\]|（([^（）]{0,300})）")
_TRANSITION = re.compile(
    r"^(?:(?:SMASH |MATCH |HARD )?CUT TO|FADE (?:IN|OUT|TO)|DISSOLVE TO|THE END|CONTINUED|END CREDITS)\b"
)
_MARKUP = re.compile(r"<[^<>]{1,200}>|'{2,5}|\*{1,3}|^#{1,6}\s+|^>\s+|__")
_NAME_LINE = re.compile(rf"^[^\W\d_][^:：.!?…]{{0,{_LONGEST_NAME}}}$")
# Prefixes of transcripts that are headings of the page, not speakers.
_HEADINGS = frozenset(
    {
        "written by", "directed by", "teleplay by", "story by", "transcribed by", "transcript by", "originally aired",
        "air date", "scene", "note", "cut to", "fade in", "fade out", "act", "title", "episode", "teaser", "source",
        "disclaimer", "season", "time", "setting",
    }
)  # fmt: skip

# `(SIGHS)`, `(WHISPERING)`, `(QUIETLY)`, `(TO PENNY)`: how or to whom, not who.
_MANNER_ENDING = re.compile(r"(?:S|ING|LY)\)$|^\((?:TO|INTO|FROM|WITH|IN|AS) ", re.IGNORECASE)

NumberedLine = tuple[int, str]


def read_script(path: str | Path) -> Script:
    """Read the script at `path`. Raises `InputError` when it cannot be opened or is no script."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(path.name, f"has more than {MAX_BYTES >> 20} MiB; a script has under one.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path.name, f"cannot be opened ({error.strerror or error}).") from error
    if data[:5] == b"%PDF-" or data[:4] == b"PK\x03\x04":
        raise InputError(path.name, "is a PDF or Word document: save it as plain text first.")
    return read_script_text(decode(data)[0], path.name)


def read_script_text(text: str, source: str) -> Script:
    """Read a script from `text`; `source` names it in messages. Raises `InputError` when neither layout is found.

    Scene headings (`[Scene …]`, `INT. …`) give the scene; what stands in parentheses goes to `directions`. A line
    without a name right under a named one goes on with it; what stands apart is narration and is left out.
    """
    numbered = [(number, _bare(line)) for number, line in enumerate(_without_tags(text).split("\n"), start=1)]
    readings = [("transcript", _qualified(_transcript(numbered))), ("screenplay", list(_screenplay(numbered)))]
    layout, lines = max(readings, key=lambda reading: len(reading[1]))
    if len(lines) < _FEWEST:
        raise InputError(source, "is no script: neither `NAME: line` nor names on lines of their own were found.")
    problems = tuple(
        Problem(path=source, line=line.line, sentence=f"{line.speaker} says nothing") for line in lines if not line.text
    )
    return Script(source=source, layout=layout, lines=tuple(line for line in lines if line.text), problems=problems)


def _without_tags(text: str) -> str:
    """Turn a saved web page into lines; plain text comes back as it is."""
    if not re.search(r"<(?:html|body|p|br)\b", text[:20_000], re.IGNORECASE):
        return text
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", "", text)
    return html.unescape(re.sub(r"(?i)<\s*(?:br|/p|/div|/li|/h\d)[^<>]*>", "\n", text))


def _bare(line: str) -> str:
    """Strip bold and heading marks of wikis and Markdown, keep the indent's absence: layout is told by words alone."""
    return visible(_MARKUP.sub("", line.strip()))


def _transcript(numbered: Iterable[NumberedLine]) -> Iterator[tuple[str, ScriptLine]]:
    """Yield each speech with the aside that stood between its name and the colon."""
    scene, aside, current, touching = "", "", None, False
    for number, line in numbered:
        heading = _scene(line)
        named = None if heading is not None else _named(line)
        if heading is not None or named:
            if current:
                yield aside, current
            scene = scene if heading is None else heading
            aside = named[1] if named else ""
            current = _speech(named[0], f"{aside} {named[2]}", number, scene) if named else None
            touching = named is not None
        elif line and current and touching:
            current = _speech(current.speaker, f"{current.text} {line}", current.line, scene, current.directions)
        else:
            touching = False
    if current:
        yield aside, current


def _qualified(speeches: Iterable[tuple[str, ScriptLine]]) -> list[ScriptLine]:
    """Give `GUARD (TOWER):` its whole name: a qualifier tells two guards apart, an aside says how a line is spoken."""
    read = list(speeches)
    asides: dict[str, set[str]] = {}
    for aside, line in read:
        asides.setdefault(line.speaker, set()).add(aside)
    times = Counter(line.speaker for _, line in read)

    def qualifies(aside: str, name: str) -> bool:
        if not aside.startswith("(") or is_manner(aside):
            return False
        always = asides[name] == {aside} and times[name] > 1
        return always or (is_upper(name) and is_upper(aside) and not _MANNER_ENDING.search(aside))

    return [
        _renamed(line, f"{line.speaker} {aside}") if qualifies(aside, line.speaker) else line for aside, line in read
    ]


def _renamed(line: ScriptLine, name: str) -> ScriptLine:
    return ScriptLine(speaker=name, text=line.text, line=line.line, scene=line.scene, directions=line.directions[1:])


def _scene(line: str) -> str | None:
    match = _SCENE.match(line)
    if match is None:
        return None
    return next((group for group in match.groups() if group), "").strip(" :.")


def _named(line: str) -> tuple[str, str, str] | None:
    """Return name, aside and text of `NAME (aside): text`."""
    match = _NAMED.match(line)
    if match is None:
        return None
    name = match.group("name").strip()
    if name.casefold() in _HEADINGS or len(name.split()) > 5 or _TRANSITION.match(line):
        return None
    # "He told them this: run" is prose: every word of a name that is not all capitals begins with one.
    capitals = all(not word[0].islower() or word in ("of", "the", "de", "von", "and", "la") for word in name.split())
    return (name, (match.group("aside") or "").strip(), match.group("text")) if capitals else None


def _screenplay(numbered: Iterable[NumberedLine]) -> Iterator[ScriptLine]:
    scene, name, parts, began = "", "", list[str](), 0
    previous_blank = True
    for number, line in (*numbered, (0, "")):
        if not line:
            if name and parts:
                yield _speech(name, " ".join(parts), began, scene)
            name, parts = ("", []) if parts else (name, parts)
        elif (heading := _scene(line)) is not None:
            scene, name, parts = heading, "", []
        elif name:
            parts.append(line)
        elif previous_blank and (found := _name_line(line)):
            name, parts, began = found, [], number
        previous_blank = not line


def _name_line(line: str) -> str:
    """Return the name on a line of its own (`SHELDON (CONT'D)`), else ""."""
    name = _DIRECTION.sub("", line).strip(" :")
    if not name or _TRANSITION.match(line) or not _NAME_LINE.match(name) or len(name.split()) > 5:
        return ""
    return name if name == name.upper() and name != name.lower() else ""


def _speech(speaker: str, text: str, line: int, scene: str, directions: tuple[str, ...] = ()) -> ScriptLine:
    found = [next(group for group in match if group is not None) for match in _groups(text)]
    words = " ".join(_DIRECTION.sub(" ", text).split())
    return ScriptLine(
        speaker=speaker, text=words, line=line, scene=scene, directions=(*directions, *(f.strip() for f in found))
    )


def _groups(text: str) -> Iterator[tuple[str | None, ...]]:
    return (match.groups() for match in _DIRECTION.finditer(text))
