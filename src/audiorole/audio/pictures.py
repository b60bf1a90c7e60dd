"""Single pictures out of a video, as cheaply as the container allows.

A key frame can be decoded alone; any other needs all frames since its key frame. Encoders put key frames at cuts, so
the key frame before a moment most often shows the same shot: `reach` says how far behind it to decode on instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.media import is_cover, open_media, reason_of
from audiorole.errors import InputError

Pixels = NDArray[np.uint8]

MAX_BAD_PACKETS = 200
"""Packets that may fail in one stream before the rest of it counts as lost."""


@dataclass(frozen=True)
class Sampling:
    """What to decode. side: longest side in pixels of the pictures that come out.

    reach: seconds behind a key frame up to which a moment is decoded exactly; beyond, its key frame stands for it.
    close: seconds within which a picture that is there anyway will do.
    """

    side: int = 640
    reach: float = 0.0
    close: float = 0.5


@dataclass(frozen=True)
class Picture:
    """A picture of the video. time: seconds on the container's clock; pixels: uint8 `(height, width, 3)`, RGB."""

    time: float
    pixels: Pixels


def pictures(path: Path, moments: Sequence[float], sampling: Sampling | None = None) -> Iterator[Picture]:
    """Yield the pictures that stand for `moments` (seconds on the container's clock, any order), in order of time.

    A moment is served by the last picture yielded at or before it. Nothing is yielded for a file without a picture.
    Raises InputError where the container cannot be read; damaged frames are passed over.
    """
    sampling = sampling or Sampling()
    with open_media(path) as container:
        streams = [stream for stream in container.streams.video if not is_cover(stream) and stream.codec_context]
        if not streams or not len(moments):
            return
        yield from _Reader(container, streams[0], sorted(moments), sampling, path).pictures()


class _Reader:
    """Goes once through the packets of a stream; decodes a group of pictures only where a moment wants it."""

    def __init__(self, container: Any, stream: Any, moments: list[float], sampling: Sampling, path: Path) -> None:
        self.container, self.stream, self.moments, self.sampling = container, stream, moments, sampling
        self.path = path
        self.next = 0
        self.last = -np.inf
        stream.codec_context.thread_count = 1  # workers are the parallelism
        self.base = float(stream.time_base)

    def pictures(self) -> Iterator[Picture]:
        group: list[Any] = []
        for packet in self._packets():
            if packet.is_keyframe and group:
                yield from self._group(group, self._time(packet))
                group = []
                if self.next >= len(self.moments):
                    return
            if group or packet.is_keyframe:
                group.append(packet)
        if group:
            yield from self._group(group, np.inf)

    def _packets(self) -> Iterator[Any]:
        bad = 0
        packets = self.container.demux(self.stream)
        while bad <= MAX_BAD_PACKETS:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError, IndexError):
                bad += 1
                continue
            if packet.size and packet.pts is not None:
                yield packet

    def _time(self, packet: Any) -> float:
        return float(packet.pts) * self.base

    def _group(self, packets: list[Any], end: float) -> Iterator[Picture]:
        """Yield what the moments before `end` want of a key frame and the pictures that need it."""
        first = self.next
        while self.next < len(self.moments) and self.moments[self.next] < end:
            self.next += 1
        wanted = self.moments[first : self.next]
        if not wanted:
            return
        start = self._time(packets[0])
        exact = [m for m in wanted if self.sampling.close < m - start <= self.sampling.reach]
        key = len(exact) < len(wanted)
        stop = max(exact, default=start)
        for frame in self._decoded([p for p in packets if self._time(p) <= stop + 1.0] if exact else packets[:1]):
            time = float(frame.pts) * self.base if frame.pts is not None else start
            if time <= self.last or not (key if time <= start else _asked_for(exact, time, self.sampling.close)):
                continue
            exact = [m for m in exact if m > time + self.sampling.close]
            self.last = time
            yield Picture(time, self._pixels(frame))
            if not exact:
                return

    def _decoded(self, packets: list[Any]) -> Iterator[Any]:
        """Yield the frames of a group; flushed first, since a group may have been left midway."""
        context = self.stream.codec_context
        context.flush_buffers()
        for packet in [*packets, None]:
            try:
                yield from context.decode(packet)
            except av.error.EOFError:
                return
            except (av.error.FFmpegError, OSError):
                continue

    def _pixels(self, frame: Any) -> Pixels:
        scale = min(1.0, self.sampling.side / max(frame.width, frame.height, 1))
        width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
        try:
            return np.asarray(frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray(), np.uint8)
        except (av.error.FFmpegError, ValueError) as error:
            raise InputError(str(self.path), f"its picture cannot be converted ({reason_of(error)})") from error


def picture_at(path: Path, moment: float, side: int) -> bytes | None:
    """Return the picture at `moment` (seconds on the container's clock) as JPEG; None where there is none.

    side: of the longest side, in pixels. Raises InputError where the container cannot be read.
    """
    with open_media(path) as container:
        streams = [stream for stream in container.streams.video if not is_cover(stream) and stream.codec_context]
        if not streams or streams[0].time_base is None:
            return None
        try:
            container.seek(max(0, int(moment / streams[0].time_base)), stream=streams[0])
            frame = _last_before(container.decode(streams[0]), moment)
            return None if frame is None else _jpeg(frame, side)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise InputError(str(path), f"its picture cannot be read ({reason_of(error)})") from error


def _last_before(frames: Iterator[Any], moment: float) -> Any:
    last = None
    for frame in frames:
        if last is not None and frame.time is not None and frame.time > moment:
            break
        last = frame
    return last


def _jpeg(frame: Any, side: int) -> bytes:
    scale = min(1.0, side / max(frame.width, frame.height, 1))
    width, height = (max(2, 2 * round(length * scale / 2)) for length in (frame.width, frame.height))
    codec: Any = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuvj420p", Fraction(1, 25)
    small = frame.reformat(width, height, "yuvj420p", interpolation="AREA")
    small.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(small), *codec.encode(None)])


def _asked_for(moments: list[float], time: float, close: float) -> bool:
    """Return True where a frame at `time` serves the next moment: at it, or the last that is close before it."""
    return bool(moments) and time >= moments[0] - close / 2
