"""Small media files made on the spot: tones and noise in any container, layout and state of repair."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

RATE = 48000


def tone(seconds: float, hz: float = 440.0, level: float = 0.3, rate: int = RATE) -> NDArray[np.float32]:
    """Return a sine as float32 `(num_samples,)`."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write_media(
    path: Path,
    channels: NDArray[np.float32],
    codec: str = "flac",
    layout: str = "mono",
    streams: Sequence[str] = ("",),
    skip: tuple[float, float] | None = None,
    title: str = "",
    flags: Sequence[str] = (),
) -> Path:
    """Write `channels` `(num_channels, num_samples)` at 48 kHz; one audio stream per language of `streams`.

    skip: (at, seconds): let the time stamps jump, as after a cut in a broadcast. title: of the file and its streams.
    flags: what each stream is marked as, in FFmpeg's words; "" for nothing.
    """
    planes = np.atleast_2d(channels)
    with av.open(str(path), "w") as container:
        made = []
        for language, flag in zip_longest(streams, flags, fillvalue=""):
            stream = container.add_stream(codec, rate=RATE)
            stream.layout = layout
            if language:
                stream.metadata["language"] = language
            if flag:
                stream.disposition = Disposition[flag]
            if title:
                container.metadata["title"] = stream.metadata["title"] = title
            made.append(stream)
        for stream in made:
            _encode(container, stream, planes, layout, skip)
    return path


def _encode(
    container: av.container.OutputContainer,
    stream: av.AudioStream,
    planes: NDArray[np.float32],
    layout: str,
    skip: tuple[float, float] | None,
) -> None:
    size = 960
    for first in range(0, planes.shape[1], size):
        block = np.ascontiguousarray(planes[:, first : first + size])
        pcm = np.clip(block.T * 32767, -32768, 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate = RATE
        jump = round(skip[1] * RATE) if skip and first >= skip[0] * RATE else 0
        frame.pts, frame.time_base = first + jump, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
