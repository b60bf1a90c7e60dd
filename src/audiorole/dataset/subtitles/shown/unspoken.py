"""What is shown but not said: translators' notes, signs, karaoke, lyrics of openings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from audiorole.dataset.subtitles.records import RawCue

_NOTE_WORDS = (
    r"(?:t/?l\.?\s*/?\s*n(?:ote)?s?|t/n|tn|tl(?=\s*[:：])|translat(?:or|ion)(?:['’]?s)?\s+notes?|translat(?:or|ion)(?:['’]?s)?\s+n\.?"
    r"|editor['’]?s?\s+notes?|n/t|n\.?\s?d\.?\s?t\.?|note (?:du|de la) traduct\w+|nota (?:del|de la|do|da|di) tra\w+"
    r"|anm(?:erkung)?\.?\s+d(?:es|er)?\.?\s+(?:ü|über)\w*\.?|pozn(?:ámka)?\.?\s+překl\w*\.?|przyp(?:is)?\.?\s+tłum\w*\.?"
    r"|прим(?:ечание)?\.?\s+пер\w*\.?|译注|譯注|譯註|訳注|译者注|역주)"
)
_BRACKETED_NOTE = re.compile(
    rf"[\[({{（【［※]\s*\**\s*{_NOTE_WORDS}(?=[\s:：.,;\-–—\])}}）】］]|$)[^\])}}）】］]{{0,500}}[\])}}）】］]?",
    re.IGNORECASE,
)
_NOTE_ROW = re.compile(
    rf"^\W{{0,3}}{_NOTE_WORDS}\s*[:：\-–—][^\n]*(?:\n(?![-–—])[^\n]*)*", re.IGNORECASE | re.MULTILINE
)

_KARAOKE = re.compile(r"\{[^{}]*\\[kK][fot]?\d")
_SENTENCE_END = re.compile(r"[.!?…。！？~♪\"”’)\]]\s*$")
_PLACED = re.compile(r"\\(?:pos|move)\s*\(")
_EDGE, _ENDS = r"(?:^|[^A-Za-z])", r"(?:\d|[^A-Za-z]|$)"
_SONG_STYLE = re.compile(
    rf"{_EDGE}(?:(?:OP|ED)|(?i:opening|ending|songs?|lyrics?|karaoke|romaji|kanji|insert songs?|chorus)){_ENDS}"
)
_SIGN_STYLE = re.compile(
    rf"{_EDGE}(?:signs?|typeset(?:ting)?|onscreen|on-screen|screen ?text|phone ?text|text ?message|eyecatch|logo"
    rf"|sign ?text|schild(?:er)?|panneaux?|nápis[y]?|cartel(?:es)?|vývěsk\w+){_ENDS}",
    re.IGNORECASE,
)
_NOTE_STYLE = re.compile(rf"{_EDGE}(?:notes?|tl ?notes?|tln?|comments?){_ENDS}", re.IGNORECASE)
# Some files have all their dialogue in a style of such a name.
_PERHAPS_SIGN = re.compile(
    rf"{_EDGE}(?:titles?|ts|captions?|credits?|letters?|preview title|typo|theme|insert){_ENDS}", re.IGNORECASE
)
_PATTERNS = ((_SIGN_STYLE, "sign"), (_SONG_STYLE, "music"), (_NOTE_STYLE, "note"))
_FIELD_WORDS = {
    **dict.fromkeys(
        ("sign", "signs", "title", "typeset", "text", "caption", "screen text", "logo", "eyecatch"), "sign"
    ),
    **dict.fromkeys(("song", "songs", "lyrics", "karaoke", "opening", "ending", "op", "insert song"), "music"),
    **dict.fromkeys(("note", "notes", "tl note", "tln", "tn", "comment"), "note"),
}


def take_notes(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the translators' notes out of a cue's text.

    >>> take_notes("Onii-chan! [TL note: older brother]")
    ('Onii-chan! ', ('[TL note: older brother]',))
    """
    notes: list[str] = []

    def note(match: re.Match[str]) -> str:
        notes.append(match.group().strip())
        return ""

    if any(mark in text.casefold() for mark in ("n", "tl")) or not text.isascii():
        text = _NOTE_ROW.sub(note, _BRACKETED_NOTE.sub(note, text))
    return text, tuple(notes)


def unspoken_reasons(cues: Sequence[RawCue], shown: Sequence[str]) -> dict[int, str]:
    """Return for each cue that is shown and not said its reason: `music`, `sign` or `note`; by index of the cue.

    shown: the visible text of each cue.
    """
    styles = _Styles(cues)
    found = {cue.index: styles.reason(cue, text) for cue, text in zip(cues, shown, strict=True)}
    return {index: reason for index, reason in found.items() if reason}


class _Styles:
    """Which styles of a file hold its dialogue, and whether the file places every line by hand."""

    def __init__(self, cues: Sequence[RawCue]) -> None:
        self.counts = Counter(cue.style for cue in cues)
        self.placed = Counter(cue.style for cue in cues if _PLACED.search(cue.text))
        self.total = len(cues)

    def reason(self, cue: RawCue, shown: str) -> str:
        """Return why nobody says the cue, "" where somebody may."""
        if _KARAOKE.search(cue.text):
            return "music"
        named = self._named(cue)
        return named or ("sign" if self._is_placed_sign(cue, shown) else "")

    def _named(self, cue: RawCue) -> str:
        """Return what the style (`Signs`, `OP - English`) or the name field say of a cue."""
        style = cue.style.replace("_", " ")
        for pattern, reason in _PATTERNS:
            if pattern.search(style):
                return reason
        if _PERHAPS_SIGN.search(style) and self.counts[cue.style] * 2 < self.total:
            return "sign"
        return _FIELD_WORDS.get(" ".join(cue.speaker.casefold().split()), "")

    def _is_placed_sign(self, cue: RawCue, shown: str) -> bool:
        """A cue that is placed by hand, where others are not, in a style of such cues or without a whole sentence."""
        if not _PLACED.search(cue.text) or self.placed.total() * 2 > self.total or cue.speaker:
            return False
        return self.placed[cue.style] * 2 > self.counts[cue.style] or not _SENTENCE_END.search(shown)
