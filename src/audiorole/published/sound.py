"""The sound of a published line: as the file it is, as samples, and at another rate."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from audiorole.audio.pcm import to_int16
from audiorole.audio.resample import resample
from audiorole.published.lines import PublishedLine

Waveform = npt.NDArray[np.float32]


def write_sound(line: PublishedLine, folder: Path, place: str = "audio") -> str:
    """Write a line's sound as it is to `folder/place/SPLIT/ID.flac`; return the path relative to `folder`."""
    path = Path(place) / line.split / f"{line.name}.{line.suffix}"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(line.audio)
    return path.as_posix()


def samples_of(line: PublishedLine, rate: int) -> Waveform:
    """Return a line's samples at `rate` Hz, float32 `(num_samples,)`, mono, in [-1, 1]."""
    waveform, own = soundfile.read(io.BytesIO(line.audio), dtype="float32", always_2d=True)
    return resample(np.ascontiguousarray(waveform.mean(axis=1), dtype=np.float32), own, rate)


def write_wav(path: Path, channels: Sequence[Waveform], rate: int) -> None:
    """Write a WAV file of 16-bit samples; channels: one waveform each, of one length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack([to_int16(channel) for channel in channels], axis=1), rate, subtype="PCM_16")
