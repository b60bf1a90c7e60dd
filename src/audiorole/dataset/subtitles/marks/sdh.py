"""What subtitles for the deaf and hard of hearing write besides speech: sounds, music, names.

Sounds and music are first taken out of the cue and replaced by one private-use character each, so that what follows
(names, dashes, sentences) sees speech only; the marks keep their place.
"""

from __future__ import annotations

import re

from audiorole.dataset.subtitles.marks.sounds import is_sound
from audiorole.types import Record

_NOTES = "♪♫♬♩"
_BRACKETS = re.compile(
    r"\[([^\[\]]{0,300})\]|\(([^()]{0,300})\)|（([^（）]{0,300})）|【([^【】]{0,300})】|〔([^〔〕]{0,300})〕"
    r"|［([^［］]{0,300})］|\{([^{}]{0,300})\}|<([^\W\d_][^<>]{0,60})>"
)
_MUSIC_PAIR = re.compile(rf"[{_NOTES}][^{_NOTES}]*[{_NOTES}](?:\s*[{_NOTES}])*")
_MUSIC_LINE = re.compile(rf"^[^\n]*[{_NOTES}][^\n]*$", re.MULTILINE)
_HASH_SONG = re.compile(r"^\s*#\s*[^#\s][^#]*#?\s*$")
_FIRST_MARK = 0xE000  # private use: `markup.visible` removes such characters, so none is in a cue

_LONGEST_NAME, _LONGEST_TAG = 5, 6  # words
_MARKED = re.compile("[\ue000-\uf8ff\U000f0000-\U000fffff]")  # tags that were taken, turns

# Words that say who speaks without a name; they open a tag such as `[narrator]` or `(woman on radio)`.
_ROLES = frozenset(
    {
        "narrator", "announcer", "man", "woman", "boy", "girl", "men", "women", "voice", "voices", "reporter", "host",
        "newscaster", "operator", "computer", "radio", "tv", "child", "kid", "both", "all", "together", "crowd", "male",
        "female", "guard", "officer", "doctor", "nurse", "driver", "waiter", "waitress", "soldier", "recording", "pa",
        "dispatcher",
    }
)  # fmt: skip
_AGES = frozenset({"old", "young", "another", "second", "first", "older", "younger", "elderly", "little", "the", "a"})
_MANNERS = re.compile(
    r"^\W*(o\.?\s?s\.?|v\.?\s?o\.?|o\.?\s?c\.?|cont'?d|on (the )?(phone|tv|radio|screen)"
    r"|off((-| )?(screen|stage|camera))?|filtered)\W*$",
    re.I,
)


class Tag(Record, frozen=True):
    """A sound, a piece of music or a name that was taken out of the text. text: what stood inside the brackets."""

    text: str
    shown: str
    kind: str  # "square", "round" or "music"


class Tagged(Record, frozen=True):
    """The text of a cue with one private-use character for each of `tags`."""

    text: str
    tags: tuple[Tag, ...]


def mark_of(number: int) -> str:
    """Return the character that stands for tag `number`."""
    return chr(_FIRST_MARK + number)


def tag_number(char: str) -> int:
    """Return which tag `char` stands for, -1 when it is text."""
    return ord(char) - _FIRST_MARK if _FIRST_MARK <= ord(char) < _FIRST_MARK + 0x1900 else -1


MARKS = re.compile("[\ue000-\uf8ff]")
"""Any tag's character."""


def take_tags(text: str) -> Tagged:
    """Take sounds, music and bracketed names out of the visible `text` of a cue (display lines by newline)."""
    tags: list[Tag] = []
    if _HASH_SONG.match(text) and (text.rstrip().endswith("#") or "# " in text):
        return Tagged(text=mark_of(0), tags=(Tag(text=text.strip("# \n"), shown=text, kind="music"),))

    def music(match: re.Match[str]) -> str:
        tags.append(Tag(text=match.group().strip(_NOTES + " \n"), shown=match.group(), kind="music"))
        return mark_of(len(tags) - 1)

    def bracket(match: re.Match[str]) -> str:
        inside = next(group for group in match.groups() if group is not None)
        square = match.group()[0] in "[【〔［{<"
        if not square and not _is_sound(inside, match):
            return match.group()
        shown = MARKS.sub(lambda found: tags[tag_number(found.group())].shown, match.group())
        inside = MARKS.sub(" ", inside)
        tags.append(Tag(text=" ".join(inside.split()), shown=shown, kind="square" if square else "round"))
        return mark_of(len(tags) - 1)

    if any(note in text for note in _NOTES):
        text = _MUSIC_PAIR.sub(music, text) if sum(text.count(note) for note in _NOTES) % 2 == 0 else text
        text = _MUSIC_LINE.sub(music, text)
    return Tagged(text=_BRACKETS.sub(bracket, text), tags=tuple(tags))


def _is_sound(inside: str, match: re.Match[str]) -> bool:
    """Tell `(DOOR SLAMS)` and `(sighs)` from an aside within a sentence."""
    if not any(char.isalpha() for char in inside) or is_upper(inside) or match.group()[0] == "（":
        return True
    text = match.string
    before, after = text[: match.start()].rpartition("\n")[2], text[match.end() :].partition("\n")[0]
    before = _MARKED.sub("", before).strip(" -–—")
    if after.lstrip()[:1] in (":", "：") and len(before.split()) <= _LONGEST_NAME:
        return True  # `Joe (on phone): ...`
    named = before.rstrip().endswith((":", "：")) and len(before.split()) <= _LONGEST_NAME  # `Joe: (sighs) ...`
    if before and is_manner_words(inside) and len(before.split()) <= 3 and after.lstrip()[:1].isupper():
        return before[:1].isupper() or is_upper(before)  # `JOE (on phone) Hello`
    at_edge = named or not before or not after.strip(" .!?,")
    return at_edge and len(inside.split()) <= _LONGEST_TAG


def is_upper(text: str) -> bool:
    """Tell whether the text is in capitals; scripts without case never are."""
    return any(char.isupper() for char in text) and not any(char.islower() for char in text)


def is_manner_words(text: str) -> bool:
    """Tell words for how somebody speaks or is heard: `on phone`, `whispering`, `V.O.`."""
    return is_manner(text) or (len(text.split()) <= 4 and is_sound(text))


def is_manner(text: str) -> bool:
    """Tell `O.S.`, `V.O.`, `on phone`: how a line is heard, not who says it."""
    return _MANNERS.match(text) is not None


def is_role_word(word: str) -> bool:
    """Tell whether the word alone says who speaks without a name: `man`, `narrator`."""
    return word.casefold() in _ROLES


def is_role(text: str) -> bool:
    """Tell `narrator`, `man on TV`, `both`: a speaker without a name."""
    words = text.casefold().split()
    if not words or len(words) > 4 or any(word.endswith(("ing", "s")) for word in words[1:]):
        return False
    return words[0] in _ROLES or (len(words) <= 2 and words[-1] in _ROLES and words[0] in _AGES)
