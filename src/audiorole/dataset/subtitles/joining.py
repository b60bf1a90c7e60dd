"""Sentences that go on over several cues become one line; names stick only to lines that visibly go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiorole.dataset.subtitles.marks.names import fold
from audiorole.dataset.subtitles.parts import join_lines
from audiorole.dataset.subtitles.records import SpeakerLine
from audiorole.dataset.subtitles.survey import Survey, ends_sentence, trails_off
from audiorole.types import Cue, Record

# Gaps chosen on the even episodes of a development series in which it is known which cues were split: of those that end
# a sentence 1 in 40 goes on with the same speaker, so they are never joined; of the others nearly all do when the next
# begins in lower case, and 3 in 4 when it does not and follows at once.
MAX_GAP = 0.5
"""Seconds between two cues of one sentence where the second begins in lower case or with an ellipsis."""
MAX_TIGHT_GAP = 0.15
"""Seconds between two cues of one sentence where the second begins with a capital, a figure or a caseless script."""
MAX_LINE = 30.0
"""Seconds; Whisper's window, and what speech models take as one turn."""
STICKY_GAP = 2.0
"""Seconds over which a name carries to a line that visibly goes on (a pause between scenes is longer)."""


class TimedPart(Record, frozen=True):
    """A speaker part of a cue with its time.

    opened: by a dash or a turn, so a new speaker began. label: an anonymous mark of the speaker within the file.
    """

    text: str
    start: float
    end: float
    cue_start: float
    cue_end: float
    shown: str
    source: str
    index: int
    line: int
    speaker: str
    speaker_source: str
    opened: bool
    italic: bool
    part: int
    parts: int
    sounds: tuple[str, ...]
    label: str = ""


def joined(pieces: Iterable[TimedPart], habits: Survey) -> list[SpeakerLine]:
    """Join `pieces` (in time order) into lines."""
    groups: list[list[TimedPart]] = []
    for piece in pieces:
        if groups and _goes_on(groups[-1], piece, habits):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return _with_sticky_names([_line(group) for group in groups], groups, habits)


def _goes_on(group: Sequence[TimedPart], piece: TimedPart, habits: Survey) -> bool:
    last = group[-1]
    if not _may_join(group, piece):
        return False
    gap = piece.cue_start - last.cue_end
    if _visibly_continues(last.text, piece.text, habits):
        return gap <= MAX_GAP
    return habits.punctuates and gap <= MAX_TIGHT_GAP and not ends_sentence(last.text) and not trails_off(last.text)


def _may_join(group: Sequence[TimedPart], piece: TimedPart) -> bool:
    """Tell whether nothing stands against one speaker: no dash, no other name, not too long."""
    last = group[-1]
    named = next((member.speaker for member in group if member.speaker), "")
    return (
        piece.index != last.index
        and piece.label == last.label
        and not (piece.opened and not piece.label)
        and (not piece.speaker or fold(piece.speaker) == fold(named))
        and piece.start >= last.start
        and piece.end - group[0].start <= MAX_LINE
    )


def _visibly_continues(before: str, after: str, habits: Survey) -> bool:
    """Tell `I was …` `… going home`, or a sentence that goes on in lower case (where sentences begin with capitals)."""
    if after.startswith(("...", "…", "..")):
        return not ends_sentence(before)
    first = next((char for char in after if char.isalnum()), "")
    return habits.capitalises and first.islower() and not ends_sentence(before)


def _line(group: Sequence[TimedPart]) -> SpeakerLine:
    first, last = group[0], group[-1]
    named = next((piece for piece in group if piece.speaker), first)
    cue = Cue(
        source=first.source,
        index=first.index,
        start=first.cue_start,
        end=last.cue_end,
        shown="\n".join(piece.shown for piece in group),
        line=first.line,
        speaker=named.speaker,
        speaker_source=named.speaker_source,
        label=named.label,
        dash=any(piece.parts > 1 for piece in group),
        italic=all(piece.italic for piece in group),
        part=first.part,
        parts=first.parts,
        sounds=tuple(sound for piece in group for sound in piece.sounds if sound),
    )
    return SpeakerLine(
        text=join_lines([piece.text for piece in group]),
        start=first.start,
        end=max(piece.end for piece in group),
        cue=cue,
        cues=tuple(piece.index for piece in group),
        estimated=first.part > 0 or last.part + 1 < last.parts,
    )


def _with_sticky_names(
    lines: list[SpeakerLine], groups: Sequence[Sequence[TimedPart]], habits: Survey
) -> list[SpeakerLine]:
    """Carry a name to the next line where the sentence plainly goes on (too long or too far apart to be joined)."""
    named: list[SpeakerLine] = []
    for line, group in zip(lines, groups, strict=True):
        before = named[-1] if named else None
        free = before and before.cue.speaker and not line.cue.speaker and not group[0].opened
        if before and free and _sticks(before, line, habits):
            line = _named(line, before.cue)
        named.append(line)
    return named


def _sticks(before: SpeakerLine, line: SpeakerLine, habits: Survey) -> bool:
    if line.start - before.end > STICKY_GAP or before.cue.index == line.cue.index:
        return False
    return before.cue.label == line.cue.label and _visibly_continues(before.text, line.text, habits)


def _named(line: SpeakerLine, cue: Cue) -> SpeakerLine:
    fields = {name: getattr(line.cue, name) for name in line.cue.__struct_fields__}
    named = Cue(**{**fields, "speaker": cue.speaker, "speaker_source": cue.speaker_source, "sticky": True})
    return SpeakerLine(
        text=line.text, start=line.start, end=line.end, cue=named, cues=line.cues, estimated=line.estimated
    )
