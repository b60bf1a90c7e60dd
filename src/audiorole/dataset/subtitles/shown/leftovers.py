"""Cues that hold no speech of the episode: credits of the subtitle's makers, repeats of typeset or layered events."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from audiorole.dataset.subtitles.records import LeftOut, RawCue
from audiorole.dataset.subtitles.shown.rollup import Shown

# Sites and groups that sign in the middle of a file; none of these is a word of dialogue.
_SIGNATURES = re.compile(
    r"opensubtitles|addic7ed|subscene|podnapisi|titulky\.com|tvsubtitles|yifysubtitles|napisy24|"
    r"advertise your product or brand|become (a )?vip member|osdb\.link|please rate this subtitle",
    re.IGNORECASE,
)
# "Subtitles by …" in the languages people make subtitles in; the maker's name follows, so a word alone is no credit.
_CREDIT = re.compile(
    r"(sub(title)?s?|subtitled|caption(s|ed|ing)?|transcript|transcribed|translat(ed|ion)|timed|timing|sync(ed|hroni[sz]ed)?"
    r"|encoded|ripped|edited|corrected|corrections|subbed|resync(ed)?)"
    r"(\s+(and|&)\s+\w+)?\s*(by\b|:|-\s)"
    r"|^\W*sync(hroni[sz]ed)?\b.{0,40}\b(correct|by)"
    r"|(titulky|preklad|překlad|přeložil\w*|přečasoval\w*|časování|korekce)\s*(:|-|vytvořil|pro\b|z odposlechu)"
    r"|untertitel\s*(:|von|im auftrag)|sous-titr\w*\s*(:|par|de\b)|traduction\s*(:|par)|adaptation\s*:"
    r"|subt[íi]tulos?\s*(:|por|de\b)|traducid[oa] por|sottotitoli\s*(:|a cura|di\b)|traduzione\s*(:|di\b)"
    r"|legendas?\s*(:|por)|tradução\s*(:|e\b|por)|napisy\s*(:|od\b)|tłumaczenie\s*:|felirat\w*\s*:|fordít\w*\s*:"
    r"|субтитры\s*(:|от|сделал\w*)|перевод\w*\s*:|переклад\w*\s*:|altyaz\w*\s*:|çeviri\w*\s*:|ترجمة\s*:?"
    r"|(字幕|翻译|翻譯|校对|校對|时间轴|時間軸|压制|後期|后期)[^\n]{0,6}[:：]|字幕组|字幕組",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://|\bwww\.|\b[\w-]{3,}\.(com|org|net|tv|info|to)\b", re.IGNORECASE)
_EDGE_CUES = 3
"""Addresses without a credit word are signatures only among a file's first and last cues; dialogue may name a site."""


def is_credit(shown: str, position: int, count: int) -> bool:
    """Tell whether the cue signs the subtitle file. position: 0-based among `count` cues."""
    flat = shown.replace("\n", " ")
    if _SIGNATURES.search(flat):
        return True
    at_edge = position < _EDGE_CUES or position >= count - _EDGE_CUES
    addressed = _ADDRESS.search(flat) is not None
    credited = _CREDIT.search(flat) is not None
    return (credited and (at_edge or addressed)) or (addressed and at_edge)


_TOUCHING = 0.02
"""Seconds between typeset frames; at 60 fps a frame lasts 0.017 s."""
_FRAME = 0.2
"""Seconds; nobody reads a text this short, so equal texts that touch and flash are one typeset event."""


def without_repeats(shown: Sequence[Shown]) -> tuple[list[Shown], list[LeftOut]]:
    """Merge cues that show the same text at the same time (layers) or flash it frame by frame.

    Two real lines of the same words ("No!" "No!") have their own times and stay.
    """
    kept: list[Shown] = []
    left: list[LeftOut] = []
    latest: dict[str, int] = {}
    for now in shown:
        text = now.text
        at = latest.get(text) if text else None
        if at is not None and _same_event(kept[at].cue, now.cue):
            left.append(left_out(now.cue, text, "repeat"))
            kept[at] = Shown(_until(kept[at].cue, now.cue.end), kept[at].rows)
        else:
            latest[text] = len(kept)
            kept.append(now)
    return kept, left


def _same_event(earlier: RawCue, cue: RawCue) -> bool:
    overlap = min(earlier.end, cue.end) - cue.start
    shorter = min(earlier.end - earlier.start, cue.end - cue.start)
    flashes = overlap >= -_TOUCHING and shorter <= _FRAME
    return overlap >= 0.5 * shorter or flashes


def _until(cue: RawCue, end: float) -> RawCue:
    if end <= cue.end:
        return cue
    return msgspec.structs.replace(cue, end=end)


def left_out(cue: RawCue, shown: str, reason: str, row: int = 0) -> LeftOut:
    """Return the record of a cue that gives no line, or of one of its rows."""
    return LeftOut(index=cue.index, start=cue.start, end=cue.end, reason=reason, shown=shown, line=cue.line, row=row)
