"""A clean reference clip of each character: `<name>.wav` and `references.json`, which says what it is made of.

Voice cloners and evaluations take it as the voice to match. It holds lines of that character alone.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.core.folder_names import folder_names
from audiorole.published.exporting import Export
from audiorole.published.reference_clips import PooledClip, reference_clips
from audiorole.published.sound import write_wav

RATE = 24_000
"""Hz; what today's voice cloners work at."""


def write(export: Export, folder: Path) -> None:
    """Write a clip for each character that has enough clean speech; other lines are dropped as `not_in_a_clip`."""
    export.named = True
    clips = reference_clips(export.episodes())
    names = write_clips(clips, folder)
    used = {line.id for clip in clips.values() for line in clip.lines}
    for line in export:
        if line.id not in used:
            export.drop(line, "not_in_a_clip")
    about = [_entry(clip, names[who]) for who, clip in clips.items()]
    (folder / "references.json").write_text(
        json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n"
    )


def write_clips(clips: dict[str, PooledClip], folder: Path, place: str = "") -> dict[str, str]:
    """Write the clips as WAV files; return written form → path relative to `folder`."""
    paths = {who: f"{place}{name}.wav" for who, name in folder_names(clips).items()}
    for who, path in paths.items():
        write_wav(folder / path, [clips[who].samples(RATE)], RATE)
    return paths


def _entry(clip: PooledClip, path: str) -> dict[str, object]:
    return {
        "character": clip.character,
        "audio": path,
        "text": clip.text,
        "language": clip.lines[0].values["language"],
        "lines": [line.id for line in clip.lines],
    }
