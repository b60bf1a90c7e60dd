"""Moshi fine-tuning: stereo WAV files, beside each the words of its left side, `<split>.jsonl` of path and duration.

Left is the character, right is everybody else of the dialogue, on the dialogue's own clock; where a line is not in the
dataset there is silence. One file for each dialogue and character. Only chosen lines stand on the left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from audiorole.core.folder_names import folder_names
from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import Waveform, samples_of, write_wav

RATE = 24_000
"""Hz of Moshi's codec."""

MAIN = "SPEAKER_MAIN"
"""What its trainer calls the left side; it asks for the words of no other."""

SPREAD = "the words have no times; they are spread over the line by their letters"

Words = list[tuple[str, tuple[float, float], str]]


def write(export: Export, folder: Path) -> None:
    """Write `<split>.jsonl` and `<split>/<character>/<dialogue>.wav` and `.json`."""
    export.named = True
    names = folder_names(sorted({line.character for line in export}))
    for episode, chosen in export.episodes():
        wanted = {line.id for line in chosen}
        for number, lines in enumerate(_dialogues(episode.lines), start=1):
            for who in sorted({line.character for line in lines if line.id in wanted}):
                own = [line for line in lines if line.id in wanted and line.character == who]
                others = [line for line in lines if line.character != who]
                path = f"{episode.split}/{names[who]}/{episode.stem}-{number:04d}.wav"
                _write_one(export, folder, path, own, others)


def _dialogues(lines: Sequence[PublishedLine]) -> Iterator[list[PublishedLine]]:
    for _, group in groupby(lines, key=lambda line: line.values["dialogue"] or line.values["scene"]):
        yield list(group)


def _write_one(
    export: Export, folder: Path, path: str, own: Sequence[PublishedLine], others: Sequence[PublishedLine]
) -> None:
    start = min(line.values["start"] for line in (*own, *others))
    end = max(line.values["end"] for line in (*own, *others))
    length = round((end - start) * RATE)
    write_wav(folder / path, [_side(lines, start, length) for lines in (own, others)], RATE)
    words: Words = sorted((word for line in own for word in _words(export, line, start)), key=lambda word: word[1])
    transcript = json.dumps({"alignments": words}, ensure_ascii=False)
    (folder / path).with_suffix(".json").write_text(transcript + "\n", encoding="utf-8", newline="\n")
    split = path.partition("/")[0]
    with (folder / f"{split}.jsonl").open("a", encoding="utf-8") as handle:
        handle.write(json.dumps({"path": path, "duration": length / RATE}, ensure_ascii=False) + "\n")


def _side(lines: Sequence[PublishedLine], start: float, length: int) -> Waveform:
    """Return the lines in their places; where two overlap, both are heard."""
    side = np.zeros(length, dtype=np.float32)
    for line in lines:
        first = round((line.values["start"] - start) * RATE)
        samples = samples_of(line, RATE)[: max(0, length - first)]
        side[first : first + len(samples)] += samples
    return side


def _words(export: Export, line: PublishedLine, start: float) -> Words:
    values = line.values
    if values["words"]:
        timed = [(word["text"].strip(), word["start"], word["end"]) for word in values["words"]]
    else:
        export.note(SPREAD)
        timed = _spread(values["text"].split(), values["start"], values["end"])
    return [(text, (round(a - start, 3), round(b - start, 3)), MAIN) for text, a, b in timed if text]


def _spread(words: Sequence[str], start: float, end: float) -> list[tuple[str, float, float]]:
    bounds = np.cumsum([0, *(len(word) + 1 for word in words)]) / max(1, sum(len(word) + 1 for word in words))
    times = start + bounds * (end - start)
    return [(word, float(a), float(b)) for word, a, b in zip(words, times, times[1:], strict=False)]
