"""Lhotse: recordings, supervisions and cuts of each split, audio files beside them.

Paths are relative to the folder: `CutSet.from_file(…).with_recording_path_prefix(folder)`.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import soundfile

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import write_sound

KINDS = ("recordings", "supervisions", "cuts")


def write(export: Export, folder: Path) -> None:
    """Write `<kind>_<split>.jsonl.gz` and `audio/<split>/<id>.flac`."""
    files: dict[str, Any] = {}
    with ExitStack() as stack:
        for line in export:
            for kind, manifest in zip(KINDS, _manifests(line, write_sound(line, folder)), strict=True):
                name = f"{kind}_{line.split}.jsonl.gz"
                if name not in files:
                    files[name] = _opened(folder / name, stack)
                files[name].write(json.dumps(manifest, ensure_ascii=False).encode() + b"\n")


def _opened(path: Path, stack: ExitStack) -> gzip.GzipFile:
    """Open a gzip file whose bytes hold neither time nor name."""
    raw = stack.enter_context(path.open("wb"))
    return stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))


def _manifests(line: PublishedLine, audio: str) -> Iterator[dict[str, Any]]:
    info = soundfile.info(io.BytesIO(line.audio))
    duration = info.frames / info.samplerate
    recording = {
        "id": line.values["id"],
        "sources": [{"type": "file", "channels": [0], "source": audio}],
        "sampling_rate": info.samplerate,
        "num_samples": info.frames,
        "duration": duration,
        "channel_ids": [0],
    }
    supervision = _supervision(line, duration)
    yield recording
    yield supervision
    yield {
        "id": line.values["id"],
        "start": 0.0,
        "duration": duration,
        "channel": 0,
        "supervisions": [supervision],
        "recording": recording,
        "type": "MonoCut",
    }


def _supervision(line: PublishedLine, duration: float) -> dict[str, Any]:
    values = line.values
    kept = ("episode", "start", "end", "probability", "scene", "dialogue", "turn", "context", "tier")
    return {
        "id": values["id"],
        "recording_id": values["id"],
        "start": 0.0,
        "duration": duration,
        "channel": 0,
        "text": values["text"],
        "language": values["language"],
        "speaker": line.voice,
        "custom": {f"episode_{name}" if name in ("start", "end") else name: values[name] for name in kept},
    }
