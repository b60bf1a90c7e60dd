"""A series of seconds: what the whole line can be run on in a moment, with the models of `audiorole.testing.models`.

Each speaker is a tone of a pitch of its own; between lines there is faint noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.core.config import Tables, with_settings
from audiorole.dataset.build import BuildOptions, BuildResult, build
from audiorole.runners.local import InProcess
from audiorole.testing.media import RATE, write_media
from audiorole.testing.models import PITCH

Line = tuple[float, float, str, str]
"""(start, end, speaker, text)."""

LINES: tuple[Line, ...] = (
    (0.5, 1.7, "ANNA", "Good morning to you all."),
    (2.2, 3.2, "BEN", "Is it morning already?"),
    (3.8, 5.0, "ANNA", "It has been for hours."),
    (5.5, 6.4, "CORA", "Then I want my breakfast."),
    (7.0, 7.9, "BEN", "So do we, so do we."),
    (8.5, 9.5, "CORA", "Nobody has seen the eggs."),
)

SETTINGS = (
    "listen.vad=fake",
    "listen.overlap=",
    "sync.method=none",
    "validate.scorer=",
    "validate.transcriber=",
    "subtitles.identifier=",
    "subtitles.spoken_language=",
    "subtitles.transcriber=",
    "validate.text_language=",
    "language.identifier=",
    "embed.embedder=fake",
    "name.embedder=fake",
    "name.min_lines=2",
    "quality.estimator=",
    "curate.keep_duplicates=true",
)


def sound(lines: Sequence[Line] = LINES, seconds: float = 10.0, seed: int = 0) -> NDArray[np.float32]:
    """Return the episode as float32 `(num_samples,)` at 48 kHz."""
    waveform = np.random.default_rng(seed).normal(0, 0.001, round(seconds * RATE)).astype(np.float32)
    for start, end, speaker, _ in lines:
        first, last = round(start * RATE), round(end * RATE)
        clock = np.arange(last - first) / RATE
        waveform[first:last] += (0.3 * np.sin(2 * np.pi * PITCH[speaker] * clock)).astype(np.float32)
    return waveform


def srt(lines: Sequence[Line] = LINES) -> str:
    """Return the lines as an SDH subtitle."""
    blocks = (
        f"{number}\n{_clock(start)} --> {_clock(end)}\n{speaker}: {text}\n"
        for number, (start, end, speaker, text) in enumerate(lines, start=1)
    )
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    total = round(seconds * 1000)
    return f"{total // 3600000:02d}:{total // 60000 % 60:02d}:{total // 1000 % 60:02d},{total % 1000:03d}"


def write_episode(
    folder: Path,
    name: str = "Show.S01E01.flac",
    lines: Sequence[Line] = LINES,
    seed: int = 0,
    streams: Sequence[str] = ("",),
) -> Path:
    """Write media and subtitle of an episode; return the media file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write_media(folder / name, sound(lines, seed=seed), streams=streams)
    path.with_suffix(".srt").write_text(srt(lines))
    return path


def write_series(folder: Path, episodes: int = 2) -> list[Path]:
    """Write episodes that differ a little."""
    return [write_episode(folder, f"Show.S01E{n:02d}.flac", seed=n) for n in range(1, episodes + 1)]


def tables(*settings: str) -> Tables:
    """Return the recipe of the tiny series with `settings` on top."""
    return with_settings({}, [*SETTINGS, *settings])


def tiny_build(target: Path, out: Path, *settings: str) -> BuildResult:
    """Build with the models of this file, in this process."""
    return build(BuildOptions(target, out, tables(*settings)), InProcess())
