"""NeMo: one JSON-lines manifest a split, audio files beside it; their paths are relative to the manifest."""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import write_sound


def write(export: Export, folder: Path) -> None:
    """Write `<split>.jsonl` and `audio/<split>/<id>.flac`."""
    for line in export:
        entry = _entry(line, write_sound(line, folder))
        with (folder / f"{line.split}.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _entry(line: PublishedLine, audio: str) -> dict[str, object]:
    values = line.values
    return {
        "audio_filepath": audio,
        "duration": values["duration"],
        "text": values["text"],
        "speaker": line.voice,
        "lang": values["language"],
        "id": values["id"],
        "probability": values["probability"],
        "context": values["context"],
    }
