"""A span of a media file without decoding what lies before it."""

from __future__ import annotations

from pathlib import Path

import av
import av.error
import numpy as np

from audiorole.audio.decode import Waveform
from audiorole.audio.media import open_media
from audiorole.errors import InputError

PREROLL_SECONDS = 0.5
"""Decoders need some packets before the wanted one: Opus asks for 80 ms, AAC for two frames."""


def read_clip(path: Path, start: float, end: float | None, sample_rate: int) -> Waveform:
    """Return `[start, end)` of the first audio stream of `path` as mono float32 (to its end where `end` is None).

    Raises InputError where there is no audio in the span.
    """
    with open_media(path) as container:
        if not container.streams.audio:
            raise InputError(str(path), "has no audio stream")
        stream = container.streams.audio[0]
        if start > PREROLL_SECONDS and stream.time_base is not None:
            container.seek(int((start - PREROLL_SECONDS) / stream.time_base), stream=stream)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=sample_rate)
        blocks, first = [], None
        try:
            for frame in container.decode(stream):
                pts, unit = frame.pts, frame.time_base
                time = float(pts * unit) if pts is not None and unit is not None else 0.0
                if end is not None and time >= end:
                    break
                first = time if first is None else first
                blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        except (av.error.FFmpegError, OSError) as error:
            if not blocks:
                raise InputError(str(path), f"cannot be decoded ({error})") from error
    return _cut(blocks, first or 0.0, start, end, sample_rate, str(path))


def _cut(
    blocks: list[Waveform], first: float, start: float, end: float | None, sample_rate: int, name: str
) -> Waveform:
    waveform = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
    begin = max(0, round((start - first) * sample_rate))
    last = len(waveform) if end is None else round((end - first) * sample_rate)
    if last <= begin or begin >= len(waveform):
        raise InputError(name, f"has no audio at {start:.1f}–{'end' if end is None else f'{end:.1f}'} s")
    return np.asarray(waveform[begin:last], dtype=np.float32)
