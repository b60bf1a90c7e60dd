"""Cues into speaker lines: every cue ends in a line or in a reason, its words in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiorole.dataset.subtitles.joining import TimedPart, joined
from audiorole.dataset.subtitles.leftovers import is_credit, left_out, without_repeats
from audiorole.dataset.subtitles.markup import has_drawing, shown_lines
from audiorole.dataset.subtitles.parts import CueParts, Part, cue_parts
from audiorole.dataset.subtitles.records import RawCue, Split
from audiorole.dataset.subtitles.survey import survey

_SOUND_REACH = 10.0
"""Seconds a sound-only cue stays evidence for the next line; scenes move on after that."""


def split(cues: Sequence[RawCue], source: str = "", names: Iterable[str] = ()) -> Split:
    """Split `cues` (sorted by start) into speaker lines, joining sentences that go on over several cues.

    source: file name for the evidence. names: of characters, which settles mixed-case and bracketed prefixes.
    Times are the subtitle's own; a boundary inside a cue is estimated by the number of characters before it.
    """
    lines_of = [shown_lines(cue.text, cue.italic) for cue in cues]
    shown = ["\n".join(line.text for line in lines) for lines in lines_of]
    italic = {cue.index: _mostly_italic(lines) for cue, lines in zip(cues, lines_of, strict=True)}
    kept, left = without_repeats(cues, shown)
    habits = survey((text for _, text in kept), names)
    pieces: list[TimedPart] = []
    pending: list[tuple[float, str]] = []
    for position, (cue, text) in enumerate(kept):
        parts = cue_parts(text, habits)
        reason = _reason(cue, text, parts, position, len(kept))
        if reason:
            left.append(left_out(cue, text, reason))
            pending.extend((cue.end, sound) for sound in (*parts.sounds, *parts.songs) if reason != "credit")
            continue
        recent = tuple(sound for end, sound in pending if cue.start - end <= _SOUND_REACH)
        pieces.extend(_pieces(cue, text, parts, recent, italic[cue.index], source))
        pending = []
    return Split(lines=tuple(joined(pieces, habits)), left=tuple(sorted(left, key=lambda out: out.index)))


def _mostly_italic(lines: Sequence[object]) -> bool:
    return bool(lines) and sum(getattr(line, "italic", False) for line in lines) * 2 > len(lines)


def _reason(cue: RawCue, shown: str, parts: CueParts, position: int, count: int) -> str:
    """Say why a cue gives no line, or "" when it does."""
    if not shown:
        return "drawing" if has_drawing(cue.text) else "empty"
    if is_credit(shown, position, count):
        return "credit"
    if any(_speakable(part.text) for part in parts.parts):
        return ""
    if parts.songs:
        return "music"
    return "sound_only" if parts.sounds else "empty"


def _speakable(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _pieces(
    cue: RawCue, shown: str, parts: CueParts, before: tuple[str, ...], italic: bool, source: str
) -> list[TimedPart]:
    """Lay the parts of a cue over its time, each as long as its share of the characters."""
    spoken = _merged_unspeakable(parts.parts)
    total = sum(len(part.text) for part in spoken)
    pieces: list[TimedPart] = []
    characters = 0
    for at, part in enumerate(spoken):
        start = cue.start + (cue.end - cue.start) * characters / total
        characters += len(part.text)
        end = cue.start + (cue.end - cue.start) * characters / total if at + 1 < len(spoken) else cue.end
        pieces.append(
            TimedPart(
                text=part.text,
                start=start,
                end=end,
                cue_start=cue.start,
                cue_end=cue.end,
                shown=shown,
                source=source,
                index=cue.index,
                line=cue.line,
                speaker=part.speaker or (cue.speaker if len(spoken) == 1 else ""),
                speaker_source="sdh" if part.speaker else "ass" if cue.speaker and len(spoken) == 1 else "",
                opened=part.dash,
                italic=italic,
                part=at,
                parts=len(spoken),
                sounds=(*(before if at == 0 else ()), *part.sounds, *(parts.songs if at == 0 else ())),
            )
        )
    return pieces


def _merged_unspeakable(parts: tuple[Part, ...]) -> list[Part]:
    """Append parts without a letter or digit (`...`, `?`) to their neighbour: nothing to hear, nothing to lose."""
    merged: list[Part] = []
    for part in parts:
        if merged and not (_speakable(part.text) and _speakable(merged[-1].text)):
            merged[-1] = _together(merged[-1], part)
        else:
            merged.append(part)
    return merged


def _together(first: Part, second: Part) -> Part:
    speaking, silent = (first, second) if _speakable(first.text) else (second, first)
    odd = (silent.speaker,) if silent.speaker and speaking.speaker != silent.speaker else ()
    return Part(
        text=f"{first.text} {second.text}",
        speaker=speaking.speaker,
        dash=first.dash,
        sounds=first.sounds + second.sounds + odd,
    )
