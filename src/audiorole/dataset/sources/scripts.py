"""Which script names the lines: of several beside an episode, the one in which most of its lines are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.script.names import named_by_script
from audiorole.dataset.subtitles import Problem, SpeakerLine

NAMED = "script"
"""`speaker_source` of a line that a script named."""


@dataclass(frozen=True)
class ScriptChoice:
    """lines: with the names of `script`, the file used, None where none fits. reasons: of the other scripts."""

    lines: list[SpeakerLine]
    script: Path | None
    problems: list[Problem]
    reasons: list[tuple[str, str]]


def best_script(lines: Sequence[SpeakerLine], scripts: Sequence[Path]) -> ScriptChoice:
    """Return `lines` named by the best of `scripts`; where two name as many lines, the first of them."""
    tried = [(path, *named_by_script(lines, path)) for path in scripts]
    counts = [sum(line.cue.speaker_source == NAMED for line in named) for _, named, _ in tried]
    best = max(range(len(tried)), key=lambda index: (counts[index], -index), default=-1)
    reasons = [(path.name, _against(tried[i][2], counts[i], best)) for i, path in enumerate(scripts) if i != best]
    if best < 0:
        return ScriptChoice(list(lines), None, [], [])
    path, named, problems = tried[best]
    if not counts[best]:
        return ScriptChoice(list(lines), None, problems, [*reasons, (path.name, _against(problems, 0, best))])
    return ScriptChoice(named, path, problems, reasons)


def _against(problems: Sequence[Problem], count: int, best: int) -> str:
    if count:
        return f"another script names more lines than the {count} of this one"
    if problems and not problems[0].line:
        return problems[0].sentence.rstrip(".")
    return "none of the lines without a name was found in it"
