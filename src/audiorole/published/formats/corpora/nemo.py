"""NeMo: one JSON-lines manifest a split, audio files beside it; their paths are relative to the manifest.

NeMo reads as many samples of a file as its duration says, rounded down, so durations are those of the files to the
sample.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import soundfile

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import write_sound


def write(export: Export, folder: Path) -> None:
    """Write `<split>.jsonl` and `audio/<split>/<id>.flac`."""
    for line in export:
        audio = write_sound(line, folder)
        info = soundfile.info(folder / audio)
        entry = _entry(line, audio, whole_seconds(info.frames, info.samplerate))
        with (folder / f"{line.split}.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry, ensure_ascii=False) + "\n")


def whole_seconds(frames: int, rate: int) -> float:
    """Return the seconds of so many samples, such that seconds times rate, rounded down, are all of them.

    >>> int(1001 / 8000 * 8000), int(whole_seconds(1001, 8000) * 8000)
    (1000, 1001)
    """
    seconds = frames / rate
    return seconds if int(seconds * rate) == frames else math.nextafter(seconds, math.inf)


def _entry(line: PublishedLine, audio: str, duration: float) -> dict[str, object]:
    values = line.values
    return {
        "audio_filepath": audio,
        "duration": duration,
        "text": values["text"],
        "speaker": line.voice,
        "lang": values["language"],
        "id": values["id"],
        "probability": values["probability"],
        "context": values["context"],
    }
