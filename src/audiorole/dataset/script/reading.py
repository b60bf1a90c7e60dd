"""Read scripts: transcripts with name and words in one row, and scripts with names on rows of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from audiorole.dataset.script.pages import page_rows
from audiorole.dataset.script.records import Script, ScriptLine
from audiorole.dataset.script.rows import read_rows
from audiorole.dataset.script.screenplay import read_screenplay
from audiorole.dataset.script.transcript import Speech, read_transcript
from audiorole.dataset.subtitles.formats.encoding import decode
from audiorole.dataset.subtitles.marks.sdh import is_manner_words, is_upper
from audiorole.dataset.subtitles.records import Problem
from audiorole.errors import InputError

MAX_BYTES = 16 << 20
"""A feature film's script has 200 kB."""
_FEWEST = 3
"""Fewer named lines are notes, not a script."""
_LEAST_SAID = 0.1
"""Share of the words that somebody says: a third in a screenplay, nearly all in a transcript, little in other text."""

# `(SIGHS)`, `(WHISPERING)`, `(QUIETLY)`, `(TO PENNY)`: how or to whom, not who.
_MANNER_ENDING = re.compile(r"(?:S|ING|LY)\)$|^\((?:TO|INTO|FROM|WITH|IN|AS) ", re.IGNORECASE)


def read_script(path: str | Path, language: str = "") -> Script:
    """Read the script at `path`. Raises `InputError` when it cannot be opened or is no script.

    language: ISO 639 code of the text ("" when unknown), for old encodings.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(path.name, f"has more than {MAX_BYTES >> 20} MiB; a script has under one.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path.name, f"cannot be opened ({error.strerror or error}).") from error
    if data[:5] == b"%PDF-" or data[:4] == b"PK\x03\x04":
        raise InputError(path.name, "is a PDF or Word document: save it as plain text first.")
    return read_script_text(decode(data, language)[0], path.name)


def read_script_text(text: str, source: str) -> Script:
    """Read a script from `text`; `source` names it in messages. Raises `InputError` when no layout is found.

    Scene headings (`[Scene …]`, `INT. …`) give the scene; what stands in parentheses goes to `directions`. A row
    without a name goes on with the speech above it only where the page shows that (a wrapped row, an indent, a sentence
    that goes on). Every other row is a line of nobody: narration, or a name in a shape that is not understood.
    """
    rows = list(read_rows(page_rows(text)))
    readings = [("transcript", _qualified(read_transcript(rows))), ("screenplay", list(read_screenplay(rows)))]
    layout, lines = max(readings, key=lambda reading: sum(bool(line.speaker and line.text) for line in reading[1]))
    if not _is_script(lines):
        raise InputError(source, "is no script: neither `NAME: line` nor names on lines of their own were found.")
    kept = tuple(line for line in lines if line.text)
    return Script(source=source, layout=layout, lines=kept, problems=tuple(_problems(lines, source)))


def _is_script(lines: Sequence[ScriptLine]) -> bool:
    """Tell whether enough lines, with enough of the words, are somebody's."""
    said, total = (sum(len(line.text) for line in lines if line.speaker or every) for every in (False, True))
    return sum(bool(line.speaker) for line in lines) >= _FEWEST and said >= _LEAST_SAID * total


def _problems(lines: Iterable[ScriptLine], source: str) -> Iterable[Problem]:
    """Say which speeches are empty, and once for the whole file which rows are nobody's."""
    unknown = [line for line in lines if not line.speaker and any(map(str.isalnum, line.text))]
    for line in lines:
        if line.speaker and not line.text:
            yield Problem(path=source, line=line.line, sentence=f"{line.speaker} says nothing")
    if unknown:
        count = f"{len(unknown)} rows name nobody" if len(unknown) > 1 else "1 row names nobody"
        shown = unknown[0].text[:40]
        yield Problem(
            path=source, line=unknown[0].line, sentence=f"{count} and stay without a speaker, first “{shown}”"
        )


def _qualified(speeches: Iterable[Speech]) -> list[ScriptLine]:
    """Give `GUARD (TOWER):` its whole name: a qualifier tells two guards apart, an aside says how a line is spoken."""
    read = list(speeches)
    asides: dict[str, set[str]] = {}
    for aside, line in read:
        asides.setdefault(line.speaker, set()).add(aside)
    times = Counter(line.speaker for _, line in read)
    shared = Counter(aside for names in asides.values() for aside in names)

    def qualifies(aside: str, name: str) -> bool:
        if not name or not aside.startswith("(") or is_manner_words(aside.strip("()")):
            return False
        always = asides[name] == {aside} and times[name] > 1 and shared[aside] == 1
        return always or (is_upper(name) and is_upper(aside) and not _MANNER_ENDING.search(aside))

    return [
        _renamed(line, f"{line.speaker} {aside}") if qualifies(aside, line.speaker) else line for aside, line in read
    ]


def _renamed(line: ScriptLine, name: str) -> ScriptLine:
    return msgspec.structs.replace(line, speaker=name, directions=line.directions[1:])
