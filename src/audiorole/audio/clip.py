"""A span of a media file without decoding what lies before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from audiorole.audio.decode import Waveform, planes_of
from audiorole.audio.media import open_media, start_of
from audiorole.audio.mixing import Mixer, MixFacts
from audiorole.audio.resample import resample
from audiorole.errors import InputError

PREROLL_SECONDS = 0.5
"""Decoders need some packets before the wanted one: Opus asks for 80 ms, AAC for two frames."""


def read_clip(
    path: Path, start: float, end: float | None, sample_rate: int, stream: int = -1, channel: int = -1
) -> Waveform:
    """Return `[start, end)` of an audio stream of `path` as mono float32 (to its end where `end` is None).

    start, end: seconds as a player shows them, from the container's start. stream: index in the container, -1 takes
    the first audio stream; channel: only this one of it, -1 mixes as `decode` does.
    Raises InputError where there is no audio in the span.
    """
    with open_media(path) as container:
        source = _stream(container, stream, str(path))
        origin = start_of(container)
        if start > PREROLL_SECONDS and source.time_base is not None:
            container.seek(int((origin + start - PREROLL_SECONDS) / source.time_base), stream=source)
        blocks, first = [], None
        try:
            for frame in _frames(container, source):
                pts, unit = frame.pts, frame.time_base
                time = float(pts * unit) - origin if pts is not None and unit is not None else 0.0
                if end is not None and time >= end:
                    break
                first = time if first is None else first
                blocks.append((frame, planes_of(frame)))
        except (av.error.FFmpegError, OSError) as error:
            if not blocks:
                raise InputError(str(path), f"cannot be decoded ({error})") from error
    return _cut(_mono(blocks, sample_rate, channel), first or 0.0, start, end, sample_rate, str(path))


def _stream(container: InputContainer, index: int, name: str) -> AudioStream:
    streams = [stream for stream in container.streams.audio if index in (-1, stream.index)]
    if not streams:
        raise InputError(name, "has no audio stream" + ("" if index < 0 else f" {index}"))
    return streams[0]


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
    """Yield the frames of one format; what follows a change of format is another programme."""
    form = None
    for frame in container.decode(stream):
        form = form or (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != (frame.format.name, frame.layout.name, frame.sample_rate):
            return
        yield frame


def _mono(blocks: list[tuple[av.AudioFrame, Waveform]], sample_rate: int, channel: int) -> Waveform:
    if not blocks:
        return np.zeros(0, dtype=np.float32)
    frame = blocks[0][0]
    mixer = Mixer([each.name for each in frame.layout.channels], frame.sample_rate, MixFacts(), channel)
    mono = mixer(np.concatenate([planes for _, planes in blocks], axis=1))
    return resample(mono, frame.sample_rate, sample_rate)


def _cut(waveform: Waveform, first: float, start: float, end: float | None, sample_rate: int, name: str) -> Waveform:
    begin = max(0, round((start - first) * sample_rate))
    last = len(waveform) if end is None else round((end - first) * sample_rate)
    if last <= begin or begin >= len(waveform):
        raise InputError(name, f"has no audio at {start:.1f}–{'end' if end is None else f'{end:.1f}'} s")
    return np.asarray(waveform[begin:last], dtype=np.float32)
