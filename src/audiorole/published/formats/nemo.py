"""NeMo: one JSON-lines manifest a split, audio files beside it; their paths are relative to the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from audiorole.published.lines import PublishedLine


def write(lines: Iterable[PublishedLine], folder: Path) -> None:
    """Write `<split>.jsonl` and `audio/<split>/<id>.flac`."""
    for line in lines:
        audio = Path("audio") / line.split / f"{line.name}.{line.suffix}"
        (folder / audio).parent.mkdir(parents=True, exist_ok=True)
        (folder / audio).write_bytes(line.audio)
        with (folder / f"{line.split}.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(_entry(line, audio.as_posix()), ensure_ascii=False) + "\n")


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
