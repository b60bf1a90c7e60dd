"""One cue into its speaker parts: dashes, names, sounds; each part a speaker's words within the cue."""

from __future__ import annotations

import re

from audiorole.dataset.subtitles.sdh import MARKS, NAME_PREFIX, Tag, is_manner, is_role, tag_number, take_tags
from audiorole.dataset.subtitles.survey import Survey
from audiorole.types import Record

_DASHES = "-–—‐‑―−"
_DASH = re.compile(rf"^(?P<marks>[\ue000-\uf8ff\s]*)(?P<dash>[{_DASHES}])(?![{_DASHES}])\s*(?=[^\d\s]|\d)")
_INLINE_DASH = re.compile(rf"(?<=[.!?…。！？\"”’)])\s+(?=[{_DASHES}]\s+\S)")
_MARKS_FIRST = re.compile(r"^([\ue000-\uf8ff])\s*(:?)\s*")
# Scripts written without spaces: display lines join without one.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff、。！？，：；「」『』]")


class Part(Record, frozen=True):
    """Words of one speaker within one cue. dash: a dash opened it; sounds: tags inside it, also `O.S.`."""

    text: str
    speaker: str = ""
    dash: bool = False
    sounds: tuple[str, ...] = ()


class CueParts(Record, frozen=True):
    """parts: those with words; sounds: tags that are no music; songs: music and lyrics with their notes."""

    parts: tuple[Part, ...]
    sounds: tuple[str, ...] = ()
    songs: tuple[str, ...] = ()


class _Draft:
    """A part while its display lines are collected."""

    def __init__(self, speaker: str = "", dash: bool = False) -> None:
        self.speaker, self.dash = speaker, dash
        self.lines: list[str] = []
        self.sounds: list[str] = []


def cue_parts(text: str, habits: Survey) -> CueParts:
    """Split the visible `text` of a cue (display lines by newline) into speaker parts."""
    tagged = take_tags(text)
    drafts = [_Draft()]
    lines = _display_lines(tagged.text)
    dashed = _dashed(lines)
    for line, has_dash in zip(lines, dashed, strict=True):
        if has_dash:
            line = _DASH.sub(r"\g<marks>", line)
            drafts.append(_Draft(dash=True))
        _fill(line, tagged.tags, drafts, habits)
    parts = tuple(_part(draft) for draft in drafts if draft.lines)
    sounds = tuple(tag.text for tag in tagged.tags if tag.kind != "music")
    songs = tuple(tag.shown.strip() for tag in tagged.tags if tag.kind == "music")
    return CueParts(parts=_with_loose_sounds(parts, drafts), sounds=sounds, songs=songs)


def _display_lines(text: str) -> list[str]:
    if not _DASH.match(text):
        return text.split("\n")
    return [piece for line in text.split("\n") for piece in _INLINE_DASH.split(line)]


def _dashed(lines: list[str]) -> list[bool]:
    """Tell which display lines a dash opens a speaker on."""
    opened = [_DASH.match(line) for line in lines]
    marks = [match.group("dash") if match else "" for match in opened]
    several = sum(map(bool, marks)) >= 2
    return [bool(mark) and (several or _alone_is_speaker(mark, at, lines)) for at, mark in enumerate(marks)]


def _alone_is_speaker(mark: str, at: int, lines: list[str]) -> bool:
    """A single dash: a hyphen opens a speaker, a long dash (`—and then`) goes on with a sentence, `-5` is a figure."""
    bare = lines[at].lstrip(" \t")
    if mark in "—―−" or (bare.startswith(mark) and bare[1:2].isdigit()):
        return False
    return at == 0 or not bare[1:].lstrip()[:1].islower()


def _fill(line: str, tags: tuple[Tag, ...], drafts: list[_Draft], habits: Survey) -> None:
    """Put one display line into the last draft, opening another where a name begins."""
    speaker, sounds, rest = _speaker(line, tags, habits)
    current = drafts[-1]
    if speaker and (current.lines or current.speaker):
        drafts.append(_Draft())
    if speaker:
        drafts[-1].speaker = speaker
    drafts[-1].sounds.extend(sounds)
    drafts[-1].sounds.extend(
        tags[tag_number(mark)].text for mark in MARKS.findall(rest) if tags[tag_number(mark)].kind != "music"
    )
    words = " ".join(MARKS.sub(" ", rest).split())
    if words:
        drafts[-1].lines.append(words)


def _speaker(line: str, tags: tuple[Tag, ...], habits: Survey) -> tuple[str, list[str], str]:
    """Return the name at the front of the line, the sounds before its words, and the rest."""
    sounds: list[str] = []
    speaker, rest = "", line.strip()
    while match := _MARKS_FIRST.match(rest):
        tag = tags[tag_number(match.group(1))]
        rest = rest[match.end() :]
        if tag.kind != "music" and not speaker and _names(tag, bool(match.group(2)), rest, habits):
            speaker = tag.text
        elif tag.kind != "music":
            sounds.append(tag.text)
    if not speaker and (prefix := NAME_PREFIX.match(rest)) and habits.is_name(prefix.group("name")):
        speaker, rest = " ".join(prefix.group("name").split()), rest[prefix.end() :]
        sounds.extend(tags[tag_number(mark)].text for mark in MARKS.findall(prefix.group("tags")))
    return speaker, sounds, rest


def _names(tag: Tag, colon: bool, rest: str, habits: Survey) -> bool:
    """Tell whether the tag before `rest` says who speaks: `[Sheldon] Hello`, `(JOHN): Hello`, `[narrator] Once …`."""
    if not MARKS.sub("", rest).strip() or is_manner(tag.text):
        return colon and not is_manner(tag.text)
    return colon or is_role(tag.text) or " ".join(tag.text.casefold().split()) in habits.names


def _part(draft: _Draft) -> Part:
    return Part(text=join_lines(draft.lines), speaker=draft.speaker, dash=draft.dash, sounds=tuple(draft.sounds))


def _with_loose_sounds(parts: tuple[Part, ...], drafts: list[_Draft]) -> tuple[Part, ...]:
    """Give what drafts without words hold (sounds, a name alone) to the first part: it belongs to this cue."""
    wordless = [draft for draft in drafts if not draft.lines]
    loose = tuple(found for draft in wordless for found in (draft.speaker, *draft.sounds) if found)
    if not parts or not loose:
        return parts
    first = parts[0]
    return (Part(text=first.text, speaker=first.speaker, dash=first.dash, sounds=loose + first.sounds), *parts[1:])


def join_lines(lines: list[str]) -> str:
    """Join display lines (or cues) into running text, with a space where the script uses spaces.

    >>> join_lines(["你好", "世界"]), join_lines(["to be", "or not"])
    ('你好世界', 'to be or not')
    """
    text = ""
    for line in lines:
        glue = "" if not text or (_NO_SPACES.match(text[-1]) and _NO_SPACES.match(line)) else " "
        text += glue + line
    return text
