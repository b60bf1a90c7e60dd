"""Decode one audio stream to mono PCM, keeping the container's clock: gaps become silence, broken tails a warning.

Dialogue of a 5.1 mix sits in the centre channel, so the mono mix leans on it (`MIX_51`); a centre that stays silent
in the first minutes (a stereo mix packed as 5.1) falls back to all channels alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.media import open_media
from audiorole.errors import InputError

Waveform = NDArray[np.float32]

MAX_BAD_PACKETS = 200
"""Packets in a row that may fail before the rest of the stream counts as lost."""

GAP_SECONDS = 0.08
"""A jump of the time stamps beyond this is filled with silence; containers round stamps to a few ms."""

MAX_GAP_SECONDS = 3600.0
"""A jump beyond this is a broken stamp, not a pause."""


@dataclass
class Decoding:
    """What happened while a stream was decoded. start_time: seconds of the first sample on the container's clock."""

    start_time: float = 0.0
    num_samples: int = 0
    warnings: list[str] = field(default_factory=list)


def decode(path: Path, stream: int, sample_rate: int, report: Decoding | None = None) -> Iterator[Waveform]:
    """Yield mono float32 blocks of audio stream `stream` (its index in the container) at `sample_rate` Hz.

    Raises InputError where nothing at all can be decoded.
    """
    report = report if report is not None else Decoding()
    with open_media(path) as container:
        try:
            source = container.streams[stream]
            source.codec_context.thread_count = 1  # workers are the parallelism; threads would fight over cores
            yield from _Decoder(container, source, sample_rate, report, str(path)).blocks()
        except (IndexError, AttributeError) as error:
            raise InputError(str(path), f"has no audio stream {stream}") from error
    if not report.num_samples:
        raise InputError(str(path), "no audio could be decoded: " + (report.warnings or ["the stream is empty"])[0])


class _Decoder:
    """The state of decoding one stream."""

    def __init__(self, container: Any, stream: Any, sample_rate: int, report: Decoding, name: str) -> None:
        self.container, self.stream, self.report, self.name = container, stream, report, name
        self.sample_rate = sample_rate
        self.resampler: Any = None
        self.mix: NDArray[np.float32] | None = None
        self.origin: float | None = None
        self.seen = 0.0
        self.format: tuple[Any, ...] | None = None

    def blocks(self) -> Iterator[Waveform]:
        for frame in self._frames():
            yield from self._count(self._place(frame))
        if self.resampler is not None:
            yield from self._count(self._mono(self.resampler.resample(None)))

    def _count(self, blocks: Iterator[Waveform]) -> Iterator[Waveform]:
        for block in blocks:
            self.report.num_samples += len(block)
            yield block

    def _frames(self) -> Iterator[Any]:
        bad = 0
        packets = self.container.demux(self.stream)
        while bad <= MAX_BAD_PACKETS:
            try:
                packet = next(packets)
                frames = packet.decode()
                bad = 0
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError) as error:
                bad += 1
                self._warn(error)
                if isinstance(error, av.error.EOFError):
                    return
                continue
            yield from frames

    def _warn(self, error: Exception) -> None:
        if not self.report.warnings:
            reason = getattr(error, "strerror", None) or str(error)
            self.report.warnings.append(f"damaged audio at about {self.seen:.1f} s ({reason})")

    def _place(self, frame: Any) -> Iterator[Waveform]:
        """Yield the frame's samples, with silence before them where the stamps jumped ahead."""
        time = float(frame.pts * frame.time_base) if frame.pts is not None else None
        if self.origin is None:
            self.origin = time or 0.0
            self.report.start_time = self.origin
        gap = (time - self.origin) - self.seen if time is not None else 0.0
        self._open(frame)
        if GAP_SECONDS < gap < MAX_GAP_SECONDS:
            yield np.zeros(round(gap * self.sample_rate), dtype=np.float32)
            self.seen += gap
        self.seen += frame.samples / frame.sample_rate
        yield from self._mono(self.resampler.resample(frame))

    def _open(self, frame: Any) -> None:
        """Make a resampler for the frame's format; streams may change it on the way (ad breaks do)."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form == self.format:
            return
        self.format = form
        surround = frame.layout.nb_channels > 2
        layout = frame.layout.name if surround else "mono"
        self.resampler = av.AudioResampler(format="fltp", layout=layout, rate=self.sample_rate)
        self.mix = mix_weights([channel.name for channel in frame.layout.channels]) if surround else None

    def _mono(self, frames: list[Any]) -> Iterator[Waveform]:
        for frame in frames:
            planes = frame.to_ndarray()
            yield planes[0] if self.mix is None else _mixed(planes, self.mix)


def mix_weights(channels: list[str]) -> NDArray[np.float32]:
    """Return the weight of each channel in the mono mix, summing to 1; without a centre all count alike.

    >>> mix_weights(["FL", "FR", "FC", "LFE", "BL", "BR"]).round(2).tolist()
    [0.15, 0.15, 0.7, 0.0, 0.0, 0.0]
    """
    if "FC" not in channels:
        return np.full(len(channels), 1 / len(channels), dtype=np.float32)
    weights = {"FC": 0.7, "FL": 0.15, "FR": 0.15}
    return np.array([weights.get(channel, 0.0) for channel in channels], dtype=np.float32)


def _mixed(planes: NDArray[np.float32], weights: NDArray[np.float32]) -> Waveform:
    """Return the weighted mix; where the weighted centre is digital silence, the plain mean."""
    centre = planes[int(np.argmax(weights))]
    if weights.max() > 0.5 and not np.any(np.abs(centre) > 1e-5):
        return np.asarray(planes.mean(axis=0), dtype=np.float32)
    return np.asarray(weights @ planes, dtype=np.float32)
