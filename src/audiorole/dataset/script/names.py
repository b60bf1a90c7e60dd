"""Names from a script beside the media, put on the lines that say the same words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from audiorole.dataset.script import Match, align_script, read_script
from audiorole.dataset.subtitles import Problem, SpeakerLine
from audiorole.dataset.subtitles.marks.names import is_label
from audiorole.errors import InputError

LEAST_SCORE = 0.6
"""Least share of a line's words that must stand in the script, in [0, 1]: set by hand."""


def named_by_script(
    lines: Sequence[SpeakerLine], path: Path | None, language: str = ""
) -> tuple[list[SpeakerLine], list[Problem]]:
    """Return the lines with the script's names, and what was wrong with the script. A name in the cue itself wins.

    language: ISO 639 code of the episode, for scripts in old encodings.
    """
    if path is None:
        return list(lines), []
    try:
        script = read_script(path, language)
    except InputError as error:
        return list(lines), [Problem(path=path.name, line=0, sentence=error.problem)]
    matches = align_script(script.lines, [line.text for line in lines])
    return [_named(line, match) for line, match in zip(lines, matches, strict=True)], list(script.problems)


def _named(line: SpeakerLine, match: Match | None) -> SpeakerLine:
    """A line joined from several speeches belongs to none of their speakers alone.

    Rows of which the script does not say who speaks name nobody; the label of a diarizer stays a label.
    """
    if match is None or match.score < LEAST_SCORE or match.others or line.cue.speaker or not match.speaker:
        return line
    if is_label(match.speaker):
        cue = msgspec.structs.replace(line.cue, label=line.cue.label or match.speaker)
        return msgspec.structs.replace(line, cue=cue)
    cue = msgspec.structs.replace(line.cue, speaker=match.speaker, speaker_source="script")
    return msgspec.structs.replace(line, cue=cue)
