"""One cue into its speaker parts: dashes, names, turns, sounds; each part a speaker's words within the cue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from audiorole.dataset.subtitles.marks.names import (
    FRAMED_PREFIX,
    LOOSE_PREFIX,
    MANNER_PREFIX,
    NAME_PREFIX,
    TIGHT_PREFIX,
    WRAPPED_PREFIX,
    fold,
    is_label,
    name_and_manner,
    named_in,
)
from audiorole.dataset.subtitles.marks.sdh import MARKS, Tag, is_manner, tag_number, take_tags
from audiorole.dataset.subtitles.marks.turns import BULLETS, DASHES, TURNS, SpeakerChange, turn_number, with_turns
from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.dataset.subtitles.shown.unspoken import take_notes
from audiorole.dataset.subtitles.survey import Survey
from audiorole.types import Record

_DASH = re.compile(
    rf"^(?P<marks>[\ue000-\uf8ff\s]*)(?P<dash>[{DASHES}]|[{BULLETS}ー](?=\s))(?![{DASHES}])\s*(?=[^\d\s]|\d)"
)
_SENTENCE_END = r"(?:(?<=[.!?…。！？\"”’)\ue000-\uf8ff])|(?<=--))"
# `-Yes?-No.` without a space; a full stop may be an abbreviation's: `J.-P.`
_TIGHT_END = r"(?:(?<=[!?…。！？])|(?<=[a-zß-ÿ]{2}\.))"
_INLINE_DASH = re.compile(
    rf"{_SENTENCE_END}\s+(?=[{DASHES}](?:\s+\S|[^\W\d_a-zß-ÿ]|[¿¡\[(\"“«.…]))|{_TIGHT_END}(?=[{DASHES}][^\W\d_a-zß-ÿ])"
)
# Without a dash before the first speaker: a hyphen, since a long dash goes on with what the same one says.
_SECOND_DASH = re.compile(rf"{_SENTENCE_END}\s+(?=[-‐‑－﹣]\s?(?:[^\W\d_a-zß-ÿ]|[¿¡\[(\"“]))")
_INLINE_NAME = re.compile(r"(?<=[.!?…。！？\"”\])])\s+(?=(?:[/|]{1,2}\s+)?[^\W\d_][^:.!?…\n]{0,40}:\s)")
_AFTER_SENTENCE = re.compile(r"(?<=[.!?…\"”])\s+([\ue000-\uf8ff])(?=\s*\S)")
_AFTER_NAME = re.compile(rf"^[{DASHES}](?=\s|[^\W\d])\s*")
_MARKS_FIRST = re.compile(r"^([\ue000-\uf8ff])\s*(:?)\s*")
# Scripts written without spaces: display lines join without one.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff、。！？，：；「」『』]")


class Part(Record, frozen=True):
    """Words of one speaker within one cue.

    dash: a dash, a turn or another colour opened it. sounds: tags inside it, also `O.S.`. label: an anonymous mark of
    the speaker that holds within the file: the label of a diarizer, a colour. given: a field of the format, not the
    text, names the speaker.
    """

    text: str
    speaker: str = ""
    dash: bool = False
    sounds: tuple[str, ...] = ()
    label: str = ""
    given: bool = False


class CueParts(Record, frozen=True):
    """parts: those with words; sounds: tags that are no music; songs: music and lyrics; notes: of the translators."""

    parts: tuple[Part, ...]
    sounds: tuple[str, ...] = ()
    songs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Draft:
    """A part while its display lines are collected."""

    def __init__(self, speaker: str = "", dash: bool = False, label: str = "", given: bool = False) -> None:
        self.speaker, self.dash, self.label, self.given = speaker, dash, label, given
        self.lines: list[str] = []
        self.sounds: list[str] = []

    @property
    def is_untouched(self) -> bool:
        return not (self.lines or self.speaker or self.sounds)


def cue_parts(rows: Sequence[ShownLine], habits: Survey) -> CueParts:
    """Split the visible `rows` of a cue into speaker parts."""
    text, turns = with_turns(rows, habits.colours)
    text, notes = take_notes(text)
    tagged = take_tags(text)
    lines = [line for line in _display_lines(tagged.text, habits) if line.strip()]
    drafts = _Reading(habits, tagged.tags, turns).drafts(lines)
    parts = tuple(_part(draft) for draft in drafts if draft.lines)
    sounds = tuple(_plain(tag.text) for tag in tagged.tags if tag.kind != "music")
    songs = tuple(_plain(tag.shown).strip() for tag in tagged.tags if tag.kind == "music")
    notes = tuple(_plain(note) for note in notes)
    return CueParts(parts=_with_loose_sounds(parts, drafts), sounds=sounds, songs=songs, notes=notes)


def _plain(text: str) -> str:
    return TURNS.sub("", text)


def _display_lines(text: str, habits: Survey) -> list[str]:
    """Cut rows on which two people speak: `- Yes? - No.`, `Yes? -No.`, `JOE: Yes? ANN: No.`."""
    opened = _DASH.match(TURNS.sub("", text)) is not None
    cut = _INLINE_DASH if opened else _SECOND_DASH
    lines = [piece for line in text.split("\n") for piece in cut.split(line)]
    return [piece for line in lines for piece in _at_names(line, habits)]


def _at_names(line: str, habits: Survey) -> list[str]:
    pieces = [""]
    for piece in _INLINE_NAME.split(line):
        prefix = NAME_PREFIX.match(piece.lstrip("/| ")) if any(map(str.isalpha, pieces[-1])) else None
        if pieces[-1] and not (prefix and fold(prefix.group("name")) in habits.names):
            pieces[-1] += f" {piece}"
        elif pieces[-1]:
            pieces.append(piece.lstrip("/| "))
        else:
            pieces[-1] = piece
    return pieces


class _Reading:
    """Reads the display lines of one cue into drafts."""

    def __init__(self, habits: Survey, tags: tuple[Tag, ...], turns: tuple[SpeakerChange, ...]) -> None:
        self.habits, self.tags, self.turns = habits, tags, turns
        self.prefixes = (
            (WRAPPED_PREFIX, habits.prefix),
            (NAME_PREFIX, habits.prefix),
            (TIGHT_PREFIX, habits.tight),
            (MANNER_PREFIX, habits.with_manner),
            (LOOSE_PREFIX, habits.loose),
            (FRAMED_PREFIX, habits.framed),
        )

    def drafts(self, lines: Sequence[str]) -> list[_Draft]:
        drafts = [_Draft()]
        lines = [piece for line in lines for piece in self._at_tags(line)]
        plain = [TURNS.sub("", line) for line in lines]
        for at, (line, bare, has_dash) in enumerate(zip(lines, plain, _dashed(plain), strict=True)):
            turn = [self.turns[turn_number(mark)] for mark in TURNS.findall(line)]
            if turn:
                _open(drafts, _Draft(turn[-1].speaker, True, turn[-1].label, given=bool(turn[-1].speaker)))
            if has_dash:
                bare = _DASH.sub(r"\g<marks>", bare)
                _open(drafts, _Draft(dash=True, label=drafts[-1].label if turn else ""))
            self._fill(bare, [*plain[at + 1 : at + 2], ""][0], drafts)
        return drafts

    def _at_tags(self, line: str) -> list[str]:
        """Cut a row where a bracketed name opens another speaker: `[Marta] Hi. [Olle] Ho.`."""
        cuts = [0]
        for match in _AFTER_SENTENCE.finditer(line):
            tag = self.tags[tag_number(match.group(1))]
            if tag.kind != "music" and self.habits.knows(" ".join(_plain(tag.text).split())):
                cuts.append(match.start(1))
        return [line[start:end].strip() for start, end in pairwise([*cuts, len(line)])]

    def _fill(self, line: str, following: str, drafts: list[_Draft]) -> None:
        """Put one display line into the last draft, opening another where a name begins."""
        speaker, sounds, rest = self._speaker(line, following)
        if speaker and (drafts[-1].lines or drafts[-1].speaker):
            drafts.append(_Draft(label=drafts[-1].label))
        draft = drafts[-1]
        if speaker and is_label(speaker):
            draft.label, draft.dash = speaker, True
        elif speaker:
            draft.speaker, draft.given = speaker, False
        draft.sounds.extend(sounds)
        draft.sounds.extend(self._sounds(MARKS.findall(rest)))
        words = " ".join(MARKS.sub(" ", rest).split())
        if words:
            draft.lines.append(words)

    def _sounds(self, marks: Sequence[str]) -> list[str]:
        tags = [self.tags[tag_number(mark)] for mark in marks]
        return [_plain(tag.text) for tag in tags if tag.kind != "music"]

    def _speaker(self, line: str, following: str) -> tuple[str, list[str], str]:
        """Return the name at the front of the line, the sounds before its words, and the rest."""
        sounds: list[str] = []
        speaker, rest = "", line.strip()
        while match := _MARKS_FIRST.match(rest):
            tag = self.tags[tag_number(match.group(1))]
            rest = rest[match.end() :]
            name = "" if tag.kind == "music" or speaker else self._tag_name(tag, bool(match.group(2)), rest, following)
            speaker = speaker or name
            if tag.kind != "music":
                sounds.extend(_manner(_plain(tag.text), name))
        if not speaker:
            speaker, heard, rest = self._prefix(rest, following)
            sounds.extend(heard)
        return speaker, sounds, rest

    def _tag_name(self, tag: Tag, colon: bool, rest: str, following: str) -> str:
        """Return whom the tag names: `[Sheldon] Hello`, `(JOHN): Hello`, `[narrator] Once …`."""
        text = " ".join(_plain(tag.text).split())
        before_words = bool(MARKS.sub("", rest).strip()) or (not rest and _is_said(following))
        if not text or is_manner(text):
            return ""
        if colon:
            return self.habits.prefix(text) or name_and_manner(text)[0]
        return self.habits.tag(text) if before_words else ""

    def _prefix(self, line: str, following: str) -> tuple[str, list[str], str]:
        """Return the name before a colon, or on a row of its own; the sounds in it, and what is left."""
        for pattern, named in self.prefixes:
            prefix = pattern.match(line)
            given = named_in(prefix) if prefix else ""
            if prefix and given and (name := named(given)):
                heard = [*_manner(given, name), *self._sounds(MARKS.findall(prefix.group("tags") or ""))]
                return name, heard, _AFTER_NAME.sub("", line[prefix.end() :])
        bare = MARKS.sub("", line).strip()
        if _is_said(following) and bare[-1:] not in (".", "!", "?", "…", ",") and (name := self.habits.row(bare)):
            return " ".join(name.split()), self._sounds(MARKS.findall(line)), ""
        return "", [], line


def _manner(text: str, name: str) -> list[str]:
    """Return what a mark says besides the name: how the words are spoken, or all of it where it names nobody."""
    rest = text.removeprefix(name).strip(" ,;-–—([（)]）.") if name else text
    return [rest] if rest else []


def _is_said(line: str) -> bool:
    return any(char.isalnum() for char in MARKS.sub("", line))


def _open(drafts: list[_Draft], draft: _Draft) -> None:
    """Begin another draft, in the place of one that holds nothing; a name without words yet has those that follow."""
    last = drafts[-1]
    if not last.lines and not draft.speaker and (last.speaker or is_label(last.label)):
        last.dash = True
        return
    if drafts[-1].is_untouched and not drafts[-1].dash:
        drafts.pop()
    drafts.append(draft)


def _dashed(lines: Sequence[str]) -> list[bool]:
    """Tell which display lines a dash opens a speaker on."""
    opened = [_DASH.match(line) for line in lines]
    marks = [match.group("dash") if match else "" for match in opened]
    several = sum(map(bool, marks)) >= 2
    return [bool(mark) and (several or _alone_is_speaker(mark, at, lines)) for at, mark in enumerate(marks)]


def _alone_is_speaker(mark: str, at: int, lines: Sequence[str]) -> bool:
    """A single dash: a hyphen opens a speaker, a long dash (`—and then`) goes on with a sentence, `-5` is a figure."""
    bare = lines[at].lstrip(" \t")
    if mark in "—―−⸺⸻" or (bare.startswith(mark) and bare[1:2].isdigit()):
        return False
    return at == 0 or not bare[1:].lstrip()[:1].islower()


def _part(draft: _Draft) -> Part:
    return Part(
        text=join_lines(draft.lines),
        speaker=draft.speaker,
        dash=draft.dash,
        sounds=tuple(draft.sounds),
        label=draft.label,
        given=draft.given,
    )


def _with_loose_sounds(parts: tuple[Part, ...], drafts: list[_Draft]) -> tuple[Part, ...]:
    """Give what drafts without words hold (sounds, a name alone) to the first part: it belongs to this cue."""
    wordless = [draft for draft in drafts if not draft.lines]
    marks = ((draft.speaker, draft.label if is_label(draft.label) else "", *draft.sounds) for draft in wordless)
    loose = tuple(found for mark in marks for found in mark if found)
    if not parts or not loose:
        return parts
    first = parts[0]
    return (msgspec.structs.replace(first, sounds=loose + first.sounds), *parts[1:])


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
