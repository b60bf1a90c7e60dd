"""Field cases that need no sound: what the scan, the search for subtitles and the readers make of a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.input.beside import subtitle_files
from audiorole.dataset.input.scan import scan
from audiorole.dataset.subtitles import read, split
from field_builds import Verdict


@dataclass(frozen=True)
class Scanned:
    """The ids are exactly these; `skipped` files are left out, each with a reason."""

    ids: frozenset[str]
    skipped: int = 0

    def __call__(self, inputs: Path) -> Verdict:
        """Return the verdict on the scan of `inputs`."""
        found = scan(inputs)
        ids = [source.id for source in found.sources]
        reasons = [skip.reason for skip in found.skipped]
        right = len(ids) == len(set(ids)) and set(ids) == self.ids and len(reasons) == self.skipped and all(reasons)
        return Verdict(right, f"{', '.join(ids)}; skipped {[f'{s.path}: {s.reason}' for s in found.skipped]}")


@dataclass(frozen=True)
class Series:
    """`count` episodes in `series` series, no two of one id and nothing skipped; named: series that must be there."""

    series: int
    count: int
    named: tuple[str, ...] = ()

    def __call__(self, inputs: Path) -> Verdict:
        """Return the verdict on the scan of `inputs`."""
        found = scan(inputs)
        ids = sorted(source.id for source in found.sources)
        names = {identity.partition("/")[0] for identity in ids}
        right = (len(names), len(set(ids)), len(found.skipped)) == (self.series, self.count, 0)
        return Verdict(right and set(self.named) <= names, f"{', '.join(ids)}; {len(found.skipped)} skipped")


def subtitles_of_both(inputs: Path) -> Verdict:
    """Both media files have their subtitle, whatever its case and form of accents."""
    media = sorted(inputs.glob("*.mkv"))
    found = {path.name: [source.path for source in subtitle_files(path, inputs)] for path in media}
    return Verdict(all(len(paths) == 1 for paths in found.values()), str(found))


def frames(inputs: Path) -> Verdict:
    """8 cues, the first at 4.92 s."""
    cues = read(inputs / "Jungle.S01E01.ttml").cues
    return Verdict(len(cues) == 8 and abs(cues[0].start - 4.92) < 0.005, f"{len(cues)} cues, first {cues[0].start:.3f}")


def below_zero(inputs: Path) -> Verdict:
    """A first cue from below zero is not moved behind its start."""
    found = read(inputs / "Tea.S01E01.srt")
    first = next((cue for cue in found.cues if "kettle" in cue.text), None)
    told = f"{first.start:.2f}–{first.end:.2f}" if first else "left out"
    right = (first is not None and (first.start, first.end) == (0.0, 2.5)) or bool(first is None and found.problems)
    return Verdict(right, f"first cue {told}; problems: {[str(problem) for problem in found.problems]}")


@dataclass(frozen=True)
class Lines:
    """Who says what, in order; names without regard to case."""

    lines: tuple[tuple[str, str], ...]

    def __call__(self, inputs: Path) -> Verdict:
        """Return the verdict on reading and splitting the one file of `inputs`."""
        (path,) = [path for path in inputs.iterdir() if path.is_file()]
        found = read(path)
        lines = tuple((line.cue.speaker, line.text) for line in split(found.cues, found.source).lines)
        folded = tuple((speaker.casefold(), text) for speaker, text in lines)
        return Verdict(folded == tuple((speaker.casefold(), text) for speaker, text in self.lines), str(lines))


UNITS: dict[str, Callable[[Path], Verdict]] = {
    "22-two-shows-flat-folder": Series(2, 4, ("blue-tower", "red-door")),
    "23-same-name-two-folders": Series(2, 3),
    "26-ttml-frames": frames,
    "27-vtt-two-voices": Lines(
        (
            ("Marta", "The kettle is on."),
            ("Olle", "I heard it."),
            ("the postman", "Letters!"),
            ("Marta", "Leave them."),
        )
    ),
    "28-vtt-space-line": Lines((("", "The kettle is on."), ("", "I heard it whistle."))),
    "29-subtitle-name-case-and-accents": subtitles_of_both,
    "30-extras-trailers-samples": Scanned(frozenset({"show/s01e01", "show/s01e02"}), skipped=6),
    "33-ass-style-is-the-speaker": Lines(
        (
            ("Marta", "The kettle is on."),
            ("Olle", "I heard it."),
            ("Marta", "Then pour."),
            ("Olle", "In a minute."),
        )
    ),
    "34-negative-start": below_zero,
    "35-inline-dash-no-space": Lines(
        (
            ("", "¿Está listo?"),
            ("", "Casi."),
            ("", "Pues sírvelo."),
            ("", "Ya voy."),
            ("", "¿Con limón?"),
            ("", "Sin nada."),
        )
    ),
    "36-name-own-line": Lines(
        (
            ("MARTA", "The kettle is on."),
            ("OLLE", "I heard it."),
            ("MARTA", "Then pour."),
            ("OLLE", "In a minute."),
        )
    ),
    "37-codec-read-as-number": Scanned(frozenset({"harbour/e012", "harbour/e013"})),
    "38-season-folder-variants": Scanned(
        frozenset(
            {"mill/s00e01", "mill/s01e01", "mill/s02e01", "moor/s01e01", "moor/s02e01", "mühle/s01e01", "mühle/s02e01"}
        )
    ),
    "39-s01-folders-of-two-shows": Scanned(
        frozenset({"harbour/s01e01", "harbour/s01e02", "lanterns/s01e01", "lanterns/s01e02"})
    ),
}
"""Case → what is asked of it."""
