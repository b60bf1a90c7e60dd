"""Cues into speaker lines: every cue ends in a line or in a reason, its words in one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from audiorole.dataset.input.release.languages import two_letters
from audiorole.dataset.subtitles.joining import TimedPart, joined
from audiorole.dataset.subtitles.marks.emphasised import with_emphasised_names
from audiorole.dataset.subtitles.marks.names import is_label, name_and_manner
from audiorole.dataset.subtitles.marks.styles import with_style_speakers
from audiorole.dataset.subtitles.parts import CueParts, Part, cue_parts
from audiorole.dataset.subtitles.records import LeftOut, RawCue, Split
from audiorole.dataset.subtitles.shown.bilingual import with_divided_rows, without_other_language
from audiorole.dataset.subtitles.shown.leftovers import is_credit, left_out, without_repeats
from audiorole.dataset.subtitles.shown.markup import ShownLine, has_drawing, shown_lines
from audiorole.dataset.subtitles.shown.rollup import Shown, without_standing_rows
from audiorole.dataset.subtitles.shown.unspoken import unspoken_reasons
from audiorole.dataset.subtitles.survey import survey

_SOUND_REACH = 10.0
"""Seconds a sound-only cue stays evidence for the next line; scenes move on after that."""


def split(cues: Sequence[RawCue], source: str = "", names: Iterable[str] = (), language: str = "") -> Split:
    """Split `cues` (sorted by start) into speaker lines, joining sentences that go on over several cues.

    source: file name for the evidence. names: of characters, which settles mixed-case and bracketed prefixes.
    language: ISO 639 code of what is spoken; where cues hold two languages, it says which rows stay.
    Times are the subtitle's own; a boundary inside a cue is estimated by the number of characters before it.
    """
    names = tuple(names)
    kept, left = _spoken(with_style_speakers(with_emphasised_names(cues), names), _code(language))
    habits = survey([now.rows for now in kept], {*names, *_given(kept)})
    pieces: list[TimedPart] = []
    pending: list[tuple[float, str]] = []
    for position, now in enumerate(kept):
        cue, parts = now.cue, cue_parts(now.rows, habits)
        reason = _reason(now, parts, position, len(kept))
        if reason:
            left.append(left_out(cue, now.text, reason))
            pending.extend((cue.end, sound) for sound in (*parts.sounds, *parts.songs) if reason != "credit")
            continue
        left.extend(left_out(cue, note, "note", row) for row, note in enumerate(parts.notes, start=1))
        recent = tuple(sound for end, sound in pending if cue.start - end <= _SOUND_REACH)
        pieces.extend(_pieces(now, parts, recent, source))
        pending = []
    return Split(lines=tuple(joined(pieces, habits)), left=_numbered(left))


def _given(shown: Sequence[Shown]) -> Iterable[str]:
    """Yield the names that fields of the format give; a text may repeat them before a colon."""
    for now in shown:
        for given in (now.cue.speaker, *(row.voice for row in now.rows)):
            if given and not is_label(given):
                yield name_and_manner(given)[0]


def _code(language: str) -> str:
    return two_letters(language) if language else ""


def _spoken(cues: Sequence[RawCue], language: str) -> tuple[list[Shown], list[LeftOut]]:
    """Return the cues with what may be said in them, and what is only shown, each with its reason."""
    shown = [Shown(cue, shown_lines(cue.text, cue.italic)) for cue in cues]
    unspoken = unspoken_reasons(cues, [now.text for now in shown])
    left = [left_out(now.cue, now.text, unspoken[now.cue.index]) for now in shown if now.cue.index in unspoken]
    candidates = [now for now in shown if now.cue.index not in unspoken]
    rolled, standing = _lessened(candidates, without_standing_rows(candidates), "repeat")
    kept, layers = without_repeats(with_divided_rows(rolled))
    told, foreign = _lessened(kept, without_other_language(kept, language), "other_language")
    return told, [*left, *standing, *layers, *foreign]


def _lessened(before: Sequence[Shown], after: Sequence[Shown], reason: str) -> tuple[list[Shown], list[LeftOut]]:
    """Return the cues that still have rows (or never had any), and the rows that others took out of `before`."""
    kept, left = [], []
    for full, rest in zip(before, after, strict=True):
        lost = [row.text for row in full.rows if row not in rest.rows]
        if lost:
            left.append(left_out(full.cue, "\n".join(lost), reason, row=1 if rest.rows else 0))
        if rest.rows or not full.rows:
            kept.append(rest)
    return kept, left


def _numbered(left: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Sort by cue and number the rows that were left out of one cue."""
    rows: Counter[int] = Counter()
    numbered = []
    for out in sorted(left, key=lambda out: (out.index, out.row)):
        rows[out.index] += bool(out.row)
        numbered.append(msgspec.structs.replace(out, row=rows[out.index] if out.row else 0))
    return tuple(numbered)


def _mostly_italic(lines: Sequence[ShownLine]) -> bool:
    return bool(lines) and sum(line.italic for line in lines) * 2 > len(lines)


def _reason(now: Shown, parts: CueParts, position: int, count: int) -> str:
    """Say why a cue gives no line, or "" when it does."""
    if not now.text:
        return "drawing" if has_drawing(now.cue.text) else "empty"
    if is_credit(now.text, position, count):
        return "credit"
    if any(_speakable(part.text) and not (parts.songs and _is_name_alone(part.text)) for part in parts.parts):
        return ""
    if parts.songs:
        return "music"
    if parts.notes:
        return "note"
    return "sound_only" if parts.sounds else "empty"


def _is_name_alone(text: str) -> bool:
    """Tell `MARTA:` before a song."""
    return text.endswith((":", "：")) and len(text.split()) <= 3


def _speakable(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _pieces(now: Shown, parts: CueParts, before: tuple[str, ...], source: str) -> list[TimedPart]:
    """Lay the parts of a cue over its time, each as long as its share of the characters."""
    cue = now.cue
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
                shown=now.text,
                source=source,
                index=cue.index,
                line=cue.line,
                **_named(part, cue if len(spoken) == 1 else None),
                opened=part.dash,
                italic=_mostly_italic(now.rows),
                part=at,
                parts=len(spoken),
                sounds=(*(before if at == 0 else ()), *part.sounds, *(parts.songs if at == 0 else ())),
            )
        )
    return pieces


def _named(part: Part, cue: RawCue | None) -> dict[str, str]:
    """Return who speaks the part, and by what: its text, a field of the format (of the cue, given alone), a label."""
    field = part.speaker if part.given else cue.speaker if cue and not part.speaker else ""
    speaker = (field if is_label(field) else name_and_manner(field)[0]) or part.speaker
    if is_label(speaker):
        return {"speaker": "", "speaker_source": "", "label": speaker}
    origin = "ass" if field else "sdh" if speaker else ""
    return {"speaker": speaker, "speaker_source": origin, "label": part.label}


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
    marks = (silent.speaker, speaking.speaker), (silent.label if is_label(silent.label) else "", speaking.label)
    odd = tuple(mark for mark, other in marks if mark and mark != other)
    return Part(
        text=f"{first.text} {second.text}",
        speaker=speaking.speaker,
        dash=first.dash,
        sounds=first.sounds + second.sounds + odd,
        label=speaking.label,
        given=speaking.given,
    )
