"""Names that only their look sets apart: `<b>Marta</b> Is it late?`, `<font color="…">OLLE</font> No.`"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from audiorole.dataset.subtitles.records import RawCue

_ASS_ON, _ASS_OFF = r"\{\\(?:[bu]1|1?c&H[0-9A-Fa-f]{1,8}&?)\}", r"\{\\(?:[bu]0|r|1?c(?:&H[0-9A-Fa-f]{1,8}&?)?)\}"
_EMPHASISED = re.compile(
    r"^(?P<dash>[ \t]*(?:[-–—][ \t]*)?)"
    rf"(?:<(?:b|u|strong|font|span)(?:\s[^<>]{{0,200}})?>|{_ASS_ON})"
    r"[ \t]*(?P<name>[^\W\d_][^<>{}\\.!?…,;:\n]{0,39}?)[ \t]*"
    rf"(?:</(?:b|u|strong|font|span)>|{_ASS_OFF})[ \t]*(?=[^\s<{{:])",
    re.IGNORECASE | re.MULTILINE,
)
MOST_WORDS = 4

LEAST, LEAST_SHARE, LEAST_RETURNING = 3, 0.3, 0.5
"""A habit of the file, and no word that is stressed: so many cues, such a share of all, most of their names return."""


def with_emphasised_names(cues: Sequence[RawCue]) -> list[RawCue]:
    """Return the cues with such names as voices (`<v Marta>`), where the file has that habit; else as they were."""
    marked = [
        name for cue in cues for name in {_name(match) for match in _EMPHASISED.finditer(cue.text)} if _is_name(name)
    ]
    times = Counter(marked)
    returning = sum(count for count in times.values() if count > 1)
    if len(marked) < max(LEAST, LEAST_SHARE * len(cues)) or returning < LEAST_RETURNING * len(marked):
        return list(cues)
    return [msgspec.structs.replace(cue, text=_EMPHASISED.sub(_voice, cue.text)) for cue in cues]


def _name(match: re.Match[str]) -> str:
    return " ".join(match["name"].split())


def _is_name(name: str) -> bool:
    return len(name.split()) <= MOST_WORDS


def _voice(match: re.Match[str]) -> str:
    name = _name(match)
    return f"<v {name}>{match['dash']}" if _is_name(name) else match[0]
