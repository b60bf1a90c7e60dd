"""RTTM: who speaks when, one file an episode; what diarization tools score against.

Times are those of the episode's audio. Names have no spaces there: `Ann Lee` is `Ann_Lee`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audiorole.published.lines import PublishedLine


def write(lines: Iterable[PublishedLine], folder: Path) -> None:
    """Write `<show>-<episode>.rttm`."""
    for line in lines:
        recording = line.values["episode"].replace("/", "-")
        start, duration = line.values["start"], line.values["end"] - line.values["start"]
        name = "_".join(line.voice.split())
        with (folder / f"{recording}.rttm").open("a", encoding="utf-8") as handle:
            handle.write(f"SPEAKER {recording} 1 {start:.3f} {duration:.3f} <NA> <NA> {name} <NA> <NA>\n")
