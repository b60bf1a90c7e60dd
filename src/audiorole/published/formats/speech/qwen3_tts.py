"""Qwen3-TTS fine-tuning: one folder a character, `<split>.jsonl` with `audio`, `text`, `ref_audio`.

Its trainer takes one speaker at a time, one reference clip for all rows, and 24 kHz. Paths are relative to the
character's folder. A character without a clean reference clip is left out.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.core.folder_names import folder_names
from audiorole.published.exporting import Export
from audiorole.published.reference_clips import reference_clips
from audiorole.published.sound import samples_of, write_wav

RATE = 24_000


def write(export: Export, folder: Path) -> None:
    """Write `<character>/<split>.jsonl`, `<character>/wavs/<id>.wav` and `<character>/reference.wav`."""
    export.named = True
    clips = reference_clips(export.episodes())
    names = folder_names(clips)
    for who, clip in clips.items():
        write_wav(folder / names[who] / "reference.wav", [clip.samples(RATE)], RATE)
    for line in export:
        if line.character not in clips:
            export.drop(line, "no_reference_clip")
            continue
        home, audio = folder / names[line.character], f"wavs/{line.name}.wav"
        write_wav(home / audio, [samples_of(line, RATE)], RATE)
        row = {"audio": audio, "text": " ".join(line.values["text"].split()), "ref_audio": "reference.wav"}
        with (home / f"{line.split}.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
