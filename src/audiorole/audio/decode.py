"""Decode one audio stream to mono, keeping the container's clock: gaps become silence, broken tails a warning.

Frames are queued in libav for some seconds before they are mixed (`audiorole.audio.mixing`) and resampled (soxr): a
decoder gives 50 frames a second, and numpy calls for each would cost more than decoding does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import soxr
from numpy.typing import NDArray

from audiorole.audio.media import open_media, reason_of
from audiorole.audio.mixing import Mixer, MixFacts
from audiorole.errors import InputError

Waveform = NDArray[np.float32]

MAX_BAD_PACKETS = 200
"""Packets in a row that may fail before the rest of the stream counts as lost."""

GAP_SECONDS = 0.08
"""A jump of the time stamps beyond this is filled with silence; containers round stamps to a few ms."""

MAX_GAP_SECONDS = 3600.0
"""Silence filled into one stream at most; a jump beyond this is a broken stamp, not a pause."""

SAMPLE_RATES = range(4000, 768_001)
"""Hz that speech comes in; a damaged header that says 1 Hz would make hours of seconds."""

BLOCK_SECONDS = 10.0

_SAMPLE_TYPES = {"flt": "<f4", "dbl": "<f8", "s16": "<i2", "s32": "<i4", "u8": "u1"}
_FULL_SCALE = {"s16": 2.0**15, "s32": 2.0**31, "u8": 2.0**7}


@dataclass
class Decoding:
    """What happened while a stream was decoded. start_time: seconds of the first sample on the container's clock.

    mix: what was heard in its channels and done with them; it stands in `warnings` too once the stream has ended.
    """

    start_time: float = 0.0
    num_samples: int = 0
    warnings: list[str] = field(default_factory=list)
    mix: MixFacts = field(default_factory=MixFacts)


def decode(
    path: Path, stream: int, sample_rate: int, report: Decoding | None = None, channel: int = -1
) -> Iterator[Waveform]:
    """Yield mono float32 blocks of audio stream `stream` (its index in the container) at `sample_rate` Hz.

    channel: take only this one of the stream, counted from 0; -1 mixes them.
    Raises InputError where nothing at all can be decoded, or there is no such channel.
    """
    report = report if report is not None else Decoding()
    with open_media(path) as container:
        if stream not in {audio.index for audio in container.streams.audio}:
            raise InputError(str(path), f"has no audio stream {stream}")
        source = container.streams[stream]
        source.codec_context.thread_count = 1  # workers are the parallelism; threads would fight over cores
        for block in _Decoder(container, source, sample_rate, report, channel).blocks():
            report.num_samples += len(block)
            yield block
    report.warnings += report.mix.told()
    if not report.num_samples:
        raise InputError(str(path), "no audio could be decoded: " + (report.warnings or ["the stream is empty"])[0])


class _Decoder:
    """The state of decoding one stream: collected planes of one format, and a resampler for it."""

    def __init__(self, container: Any, stream: Any, sample_rate: int, report: Decoding, channel: int) -> None:
        self.container, self.stream, self.report, self.sample_rate = container, stream, report, sample_rate
        self.channel = channel
        self.time_base = float(stream.time_base)
        self.origin: float | None = None
        self.seen = 0.0
        self.filled = 0.0
        self.format: tuple[str, str, int] | None = None
        self.collected = av.AudioFifo()
        self.mixer: Mixer | None = None
        self.resampler: Any = None

    def blocks(self) -> Iterator[Waveform]:
        for frame in self._frames():
            yield from self._start(frame)
            yield from self._fill_gap(frame)
            self._collect(frame)
            if self.collected.samples >= BLOCK_SECONDS * frame.sample_rate:
                yield self._flush(last=False)
        if self.format:
            yield self._flush(last=True)

    def _collect(self, frame: Any) -> None:
        self.seen += frame.samples / frame.sample_rate
        frame.pts = None  # the clock was read already; the queue would insist on stamps without a jump
        self.collected.write(frame)

    def _frames(self) -> Iterator[Any]:
        bad = 0
        packets = self.container.demux(self.stream)
        while bad <= MAX_BAD_PACKETS:
            try:
                frames = next(packets).decode()
                bad = 0
            except StopIteration:
                return
            except IndexError:  # PyAV 18 stumbles over a stream that begins midway (broadcasts): go on behind it
                bad += 1
                packets = self.container.demux(self.stream)
                continue
            except (av.error.FFmpegError, OSError) as error:
                bad += 1
                self._warn(error)
                if isinstance(error, av.error.EOFError):
                    return
                continue
            yield from frames

    def _warn(self, error: Exception) -> None:
        if not self.report.warnings:
            self.report.warnings.append(f"damaged audio at about {self.seen:.1f} s ({reason_of(error)})")

    def _start(self, frame: Any) -> Iterator[Waveform]:
        """Begin anew where the frame's format is another; streams change it on the way (ad breaks do)."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form == self.format:
            return
        if self.format:
            yield self._flush(last=True)
        if frame.sample_rate not in SAMPLE_RATES:
            raise InputError(
                self.container.name, f"states a sample rate of {frame.sample_rate} Hz: its header is damaged"
            )
        self.format, self.collected = form, av.AudioFifo()
        self.time_base = float(frame.time_base or self.stream.time_base)
        self.mixer = self._mixer(frame)
        self.resampler = soxr.ResampleStream(frame.sample_rate, self.sample_rate, 1, dtype="float32", quality="HQ")

    def _mixer(self, frame: Any) -> Mixer:
        names = [channel.name for channel in frame.layout.channels]
        if self.channel >= len(names):
            raise InputError(
                self.container.name,
                f"has no channel {self.channel} in audio stream {self.stream.index}: {len(names)} in all",
            )
        return Mixer(names, frame.sample_rate, self.report.mix, self.channel)

    def _fill_gap(self, frame: Any) -> Iterator[Waveform]:
        """Yield silence where the time stamps jump ahead of the samples seen."""
        if frame.pts is None:
            return
        time = frame.pts * self.time_base
        if self.origin is None:
            self.origin = self.report.start_time = time
        gap = time - self.origin - self.seen
        if GAP_SECONDS < gap < MAX_GAP_SECONDS - self.filled:
            yield self._flush(last=False)
            yield from self._silence(round(gap * frame.sample_rate), frame.sample_rate)
            self.seen += gap
            self.filled += gap

    def _silence(self, num_samples: int, rate: int) -> Iterator[Waveform]:
        """Yield the silence in blocks: an hour of it at once would be more than all else in memory."""
        step = round(BLOCK_SECONDS * rate)
        for first in range(0, num_samples, step):
            yield self.resampler.resample_chunk(np.zeros(min(step, num_samples - first), dtype=np.float32))

    def _flush(self, last: bool) -> Waveform:
        """Mix and resample what was collected; `last` drains the resampler."""
        mono = self._mono()
        return np.asarray(self.resampler.resample_chunk(mono, last=last), dtype=np.float32)

    def _mono(self) -> Waveform:
        frame = self.collected.read()
        if frame is None or self.mixer is None:
            return np.zeros(0, dtype=np.float32)
        return self.mixer(planes_of(frame))


def planes_of(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Return the samples of an audio frame as float32 `(num_channels, num_samples)` in [-1, 1]."""
    planes = _planes(frame)
    scale = _FULL_SCALE.get(frame.format.name.rstrip("p"))
    if scale:
        planes = (planes.astype(np.float32) - (scale if planes.dtype == np.uint8 else 0)) / np.float32(scale)
    return planes.astype(np.float32, copy=False)


def _planes(frame: av.AudioFrame) -> NDArray[Any]:
    """Return the frame's samples as `(num_channels, num_samples)`, copied out of the decoder's buffer."""
    name = frame.format.name
    kind = _SAMPLE_TYPES.get(name.rstrip("p"))
    if kind is None:
        return np.asarray(frame.to_ndarray())
    channels, samples = frame.layout.nb_channels, frame.samples
    if name.endswith("p"):
        rows = [np.frombuffer(plane, dtype=kind, count=samples) for plane in frame.planes]
        return np.stack(rows)
    flat = np.frombuffer(frame.planes[0], dtype=kind, count=samples * channels)
    return flat.reshape(samples, channels).T.copy()
