"""Opus and Matroska out of float32 waveforms, with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from examples.make_sample.kokoro import SAMPLE_RATE, Waveform
from examples.make_sample.subtitles import Cue

BIT_RATE = 26_000
_FRAME = SAMPLE_RATE // 50


def write_opus(path: Path, waveform: Waveform, title: str, bit_rate: int = BIT_RATE) -> None:
    """Write Ogg Opus, mono."""
    with av.open(str(path), "w", format="ogg", options={"serial_offset": "1", "fflags": "+bitexact"}) as container:
        container.metadata["title"] = title
        _encode(container, _opus(container, bit_rate), waveform)


def write_matroska(path: Path, waveform: Waveform, title: str, tracks: dict[str, list[Cue]]) -> None:
    """Write Matroska: Opus audio and a SubRip track per entry of `tracks` (title: cues); `Forced` sets the flag."""
    with av.open(str(path), "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        container.metadata["title"] = title
        stream = _opus(container, BIT_RATE)
        stream.metadata["language"] = "eng"
        subtitles = [(_subrip(container, name), cues) for name, cues in tracks.items()]
        packets = [packet for sub, cues in subtitles for packet in _packets(sub, cues)]
        _encode(container, stream, waveform, packets)


def _opus(container: av.container.OutputContainer, bit_rate: int) -> av.AudioStream:
    stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
    stream.bit_rate = bit_rate
    stream.options = {"application": "audio", "frame_duration": "20", "vbr": "on"}
    stream.codec_context.flags |= 1 << 23  # bit-exact: no encoder version, the same bytes every time
    return stream


def _subrip(container: av.container.OutputContainer, name: str) -> av.stream.Stream:
    stream = container.add_mux_stream("subrip", time_base=Fraction(1, 1000))
    stream.metadata["language"], stream.metadata["title"] = "eng", name
    stream.disposition = av.stream.Disposition.forced if name == "Forced" else av.stream.Disposition.default
    return stream


def _packets(stream: av.stream.Stream, cues: list[Cue]) -> list[av.Packet]:
    packets = []
    for cue in cues:
        packet = av.Packet("\n".join(cue.rows).encode("utf-8"))
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = round(cue.start * 1000)
        packet.duration = round((cue.end - cue.start) * 1000)
        packets.append(packet)
    return packets


def _encode(
    container: av.container.OutputContainer,
    stream: av.AudioStream,
    waveform: Waveform,
    others: list[av.Packet] | None = None,
) -> None:
    """Encode in 20 ms frames; packets of other streams go in between, in time order."""
    waiting = sorted(others or [], key=lambda packet: packet.pts)
    for start in range(0, len(waveform), _FRAME):
        while waiting and waiting[0].pts <= start * 1000 // SAMPLE_RATE:
            container.mux(waiting.pop(0))
        chunk = np.zeros((1, _FRAME), np.float32)
        chunk[0, : len(waveform[start : start + _FRAME])] = waveform[start : start + _FRAME]
        frame = av.AudioFrame.from_ndarray(chunk, format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(frame))
    for packet in waiting:
        container.mux(packet)
    container.mux(stream.encode(None))
