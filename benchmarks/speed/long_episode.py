"""One very long episode: peak memory and time of the whole line, with speech every ten minutes.

    python -m benchmarks.speed.long_episode [--hours 12] [--clip FILE] [--set stage.field=value …] [--out J.json]

The file is a sparse WAV (silence takes no disk) into which half a minute of CLIP is laid every ten minutes, with a
subtitle cue every three seconds of it. One worker, in this process, so that its peak memory is the build's.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from audiorole.audio.clip import read_clip
from audiorole.audio.pcm import to_int16
from audiorole.core.config import with_settings
from audiorole.dataset.build import BuildOptions, build
from audiorole.runners.local import InProcess

CLIP = Path(__file__).parents[2] / "examples" / "series" / "Lost Property" / "Lost Property.S01E01.opus"
RATE = 16000
EVERY, SPOKEN, CUE = 600, 30, 3
LIMIT_BYTES = 1.5e9
SETTINGS = ("sync.method=none", "validate.scorer=", "validate.transcriber=")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments, Path(folder))
    print(json.dumps(figures, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    sys.exit(0 if figures["peak_bytes"] < LIMIT_BYTES and not figures["quarantined"] else 1)


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    media = folder / "Long.S01E01.wav"
    write_long(media, round(arguments.hours * 3600), arguments.clip)
    begun = time.perf_counter()
    options = BuildOptions(media, folder / "out", with_settings({}, [*SETTINGS, *arguments.settings]))
    result = build(options, InProcess())
    return {
        "hours": arguments.hours,
        "lines": result.num_lines,
        "quarantined": [note.error for note in result.run.quarantined],
        "peak_bytes": result.run.peak_bytes,
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": {stage: round(value, 1) for stage, value in result.run.cpu_seconds.items()},
    }


def write_long(path: Path, seconds: int, clip: Path) -> None:
    """Write the episode and its subtitle."""
    speech = to_int16(read_clip(clip, 0.0, SPOKEN, RATE)).tobytes()
    size = 2 * RATE * seconds
    with path.open("wb") as handle:
        handle.write(
            struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
        )
        handle.write(struct.pack("<4sI", b"data", size))
        start = handle.tell()
        for second in range(0, seconds - SPOKEN, EVERY):
            handle.seek(start + 2 * RATE * second)
            handle.write(speech)
        handle.truncate(start + size)
    path.with_suffix(".srt").write_text(_subtitle(seconds))


def _subtitle(seconds: int) -> str:
    times = [first + cue for first in range(0, seconds - SPOKEN, EVERY) for cue in range(0, SPOKEN, CUE)]
    return "\n".join(
        f"{number}\n{_clock(time)} --> {_clock(time + CUE)}\nANNA: This is said at {time} seconds.\n"
        for number, time in enumerate(times, start=1)
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},000"


if __name__ == "__main__":
    main()
