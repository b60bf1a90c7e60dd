"""TextGrid (Praat): a tier of lines for each voice and, where words have times, one of its words; one file an episode.

Intervals of a tier do not overlap there. Lines of a voice that do go on in a further tier of that voice; a word that
begins before the last one ended begins where that ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from praatio import textgrid
from praatio.utilities.constants import Interval

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine

WORDLESS = "the words have no times; the file holds the line alone"


def write(export: Export, folder: Path) -> None:
    """Write `<show>-<episode>.TextGrid`."""
    for episode, lines in export.episodes():
        end = max(line.values["end"] for line in episode.lines)
        grid = textgrid.Textgrid(0.0, end)
        for name, entries in _tiers(lines, end):
            grid.addTier(textgrid.IntervalTier(name, entries, 0.0, end))
        for line in lines:
            if not line.values["words"]:
                export.note(WORDLESS)
        grid.save(str(folder / f"{episode.stem}.TextGrid"), "long_textgrid", includeBlankSpaces=True)


def _tiers(lines: Iterable[PublishedLine], end: float) -> Iterator[tuple[str, list[Interval]]]:
    voices: dict[str, list[PublishedLine]] = defaultdict(list)
    for line in lines:
        voices[line.voice].append(line)
    for voice, spoken in sorted(voices.items()):
        for number, layer in enumerate(_layers(spoken), start=1):
            name = voice if number == 1 else f"{voice} ({number})"
            yield name, [Interval(line.values["start"], line.values["end"], _text(line)) for line in layer]
            words = [word for line in layer for word in _words(line)]
            if words:
                yield f"{name} – words", _in_order(words, end)


def _layers(lines: Iterable[PublishedLine]) -> list[list[PublishedLine]]:
    """Return the lines in as few layers as their overlaps need."""
    layers: list[list[PublishedLine]] = []
    for line in lines:
        free = next((one for one in layers if one[-1].values["end"] <= line.values["start"]), None)
        if free is None:
            layers.append([line])
        else:
            free.append(line)
    return layers


def _text(line: PublishedLine) -> str:
    return " ".join(line.values["text"].split()) or "–"


def _words(line: PublishedLine) -> Iterator[Interval]:
    for word in line.values["words"]:
        if text := word["text"].strip():
            yield Interval(word["start"], word["end"], text)


def _in_order(words: list[Interval], end: float) -> list[Interval]:
    """Return the words as intervals that do not overlap; one that nothing is left of is left out."""
    placed: list[Interval] = []
    for word in sorted(words):
        start = max(word.start, placed[-1].end if placed else 0.0)
        if start < min(word.end, end):
            placed.append(Interval(start, min(word.end, end), word.label))
    return placed
