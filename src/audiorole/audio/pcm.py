"""An episode's audio, decoded once: 16-bit mono samples in a scratch file, read by span.

A file, not an array: twelve hours would be 2.7 GB of float32, and a worker may use 1.5 GB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.decode import Decoding, Waveform, decode

SCALE = 32768.0


class Pcm:
    """Mono samples of one episode. Close it when done; the file itself belongs to the scratch folder."""

    def __init__(self, path: Path, sample_rate: int, decoding: Decoding) -> None:
        self.path, self.sample_rate, self.decoding = path, sample_rate, decoding
        self._file = path.open("rb")
        self.num_samples = path.stat().st_size // 2

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.num_samples / self.sample_rate

    def samples(self, first: int, last: int) -> Waveform:
        """Return samples `[first, last)` as float32 in [-1, 1); clipped to the episode."""
        first, last = max(0, first), min(self.num_samples, last)
        if last <= first:
            return np.zeros(0, dtype=np.float32)
        data = os.pread(self._file.fileno(), 2 * (last - first), 2 * first)
        return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(SCALE)

    def read(self, start: float, end: float) -> Waveform:
        """Return the span `[start, end)` in seconds as float32 `(num_samples,)`."""
        return self.samples(round(start * self.sample_rate), round(end * self.sample_rate))

    def blocks(self, seconds: float) -> Iterator[tuple[float, Waveform]]:
        """Yield (start, waveform) over the whole episode in blocks of `seconds`."""
        step = round(seconds * self.sample_rate)
        for first in range(0, self.num_samples, step):
            yield first / self.sample_rate, self.samples(first, first + step)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def decode_to_pcm(media: Path, stream: int, sample_rate: int, folder: Path, channel: int = -1) -> Pcm:
    """Decode `stream` of `media` to a scratch file in `folder` and return it. Raises InputError as `decode` does."""
    folder.mkdir(parents=True, exist_ok=True)
    only = "" if channel < 0 else f".{channel}"
    path = folder / f"audio-{stream}{only}-{sample_rate}.pcm"
    decoding = Decoding()
    with path.open("wb") as handle:
        for block in decode(media, stream, sample_rate, decoding, channel):
            handle.write(to_int16(block).tobytes())
    return Pcm(path, sample_rate, decoding)


def to_int16(waveform: Waveform) -> NDArray[np.int16]:
    """Return `waveform` as 16-bit samples, rounded and clipped."""
    return np.asarray(np.clip(np.rint(waveform * SCALE), -32768, 32767), dtype="<i2")
