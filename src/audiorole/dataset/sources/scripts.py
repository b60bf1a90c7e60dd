"""Which script names the lines: of several beside an episode, the one in which most of its lines are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from audiorole.dataset.script import Match, Script, align_script, read_script
from audiorole.dataset.script.names import named_by_script
from audiorole.dataset.subtitles import Problem, SpeakerLine
from audiorole.dataset.subtitles.marks.names import is_label
from audiorole.errors import InputError
from audiorole.types import Cue, Utterance

NAMED = "script"
"""`speaker_source` of a line that a script named."""


@dataclass(frozen=True)
class ScriptChoice:
    """lines: with the names of `script`, the file used, None where none fits. reasons: of the other scripts."""

    lines: list[SpeakerLine]
    script: Path | None
    problems: list[Problem]
    reasons: list[tuple[str, str]]


def best_script(lines: Sequence[SpeakerLine], scripts: Sequence[Path], language: str = "") -> ScriptChoice:
    """Return `lines` named by the best of `scripts`; where two name as many lines, the first of them.

    language: ISO 639 code of the episode, for scripts in old encodings.
    """
    tried = [(path, *named_by_script(lines, path, language)) for path in scripts]
    counts = [sum(line.cue.speaker_source == NAMED for line in named) for _, named, _ in tried]
    best = max(range(len(tried)), key=lambda index: (counts[index], -index), default=-1)
    reasons = [(path.name, _against(tried[i][2], counts[i], best)) for i, path in enumerate(scripts) if i != best]
    if best < 0:
        return ScriptChoice(list(lines), None, [], [])
    path, named, problems = tried[best]
    if not counts[best]:
        return ScriptChoice(list(lines), None, problems, [*reasons, (path.name, _against(problems, 0, best))])
    return ScriptChoice(named, path, problems, reasons)


@dataclass(frozen=True)
class SpeechNames:
    """lines: recognised in the speech, with cues out of `script` where it names them; the rest as in `ScriptChoice`."""

    lines: list[Utterance]
    script: Path | None
    problems: list[Problem]
    reasons: list[tuple[str, str]]


def named_speech(lines: Sequence[Utterance], scripts: Sequence[Path], least: float, language: str = "") -> SpeechNames:
    """Return recognised `lines` named by the best of `scripts`; a line of two speakers' words belongs to neither.

    least: share of a line's words, in [0, 1], that must stand in one speaker's speech. language: of the episode.
    """
    tried = [_named_speech(lines, path, least, language) for path in scripts]
    counts = [sum(line.cue is not None for line in named) for named, _ in tried]
    best = max(range(len(tried)), key=lambda index: (counts[index], -index))
    used = best if counts[best] else -1
    reasons = [(path.name, _against(tried[i][1], counts[i], best)) for i, path in enumerate(scripts) if i != used]
    return SpeechNames(tried[best][0], scripts[best] if used >= 0 else None, tried[best][1], reasons)


def _named_speech(
    lines: Sequence[Utterance], path: Path, least: float, language: str
) -> tuple[list[Utterance], list[Problem]]:
    try:
        script = read_script(path, language)
    except InputError as error:
        return list(lines), [Problem(path=path.name, line=0, sentence=error.problem)]
    matches = align_script(script.lines, [line.text for line in lines])
    named = [
        _with_cue(line, script, match) if match and _names(match, least) else line
        for line, match in zip(lines, matches, strict=True)
    ]
    return named, list(script.problems)


def _names(match: Match, least: float) -> bool:
    """Tell whether the script says of these words that somebody says them; the label of a diarizer is nobody."""
    return match.score >= least and not match.others and bool(match.speaker) and not is_label(match.speaker)


def _with_cue(line: Utterance, script: Script, match: Match) -> Utterance:
    said = script.lines[match.line]
    cue = Cue(
        source=script.source,
        index=match.line + 1,
        start=line.start,
        end=line.end,
        shown=said.text,
        line=said.line,
        speaker=match.speaker,
        speaker_source=NAMED,
    )
    return msgspec.structs.replace(line, cue=cue)


def _against(problems: Sequence[Problem], count: int, best: int) -> str:
    if count:
        return f"another script names more lines than the {count} of this one"
    if problems and not problems[0].line:
        return problems[0].sentence.rstrip(".")
    return "none of the lines without a name was found in it"
