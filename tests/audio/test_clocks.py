"""Containers whose clock starts late: what is read from them counts from their start, as in a player."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from audiorole.audio.clip import read_clip
from audiorole.audio.decode import Decoding, decode
from audiorole.audio.media import inspect, subtitle_document
from audiorole.dataset.stages.signals.probe import _missing
from audiorole.testing.media import RATE, tone

CUES = [(1.0, 2.5, "Good morning."), (4.0, 5.0, "Well then.")]


def late(path: Path, start: float, audio_after: float = 0.0, cues: Sequence[tuple[float, float, str]] = ()) -> Path:
    """Write six seconds of a tone that begins at second 3, and cues, on a clock that begins at `start`.

    audio_after: seconds by which the audio stream begins after the container (a silent second stream begins with it).
    """
    signal = np.concatenate([np.zeros(3 * RATE, np.float32), tone(3.0, 1000.0)])
    codec = "flac" if path.suffix == ".mkv" else "mp2"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        silent = container.add_stream(codec, rate=RATE) if audio_after else None
        texts = _text_stream(container, path, cues) if cues else None
        packets = _packets(stream, signal, start + audio_after)
        if silent:
            silent.layout = "mono"
            packets += _packets(silent, 0 * signal, start)
        if texts:
            packets += _text_packets(*texts, start)
        for packet in sorted(packets, key=lambda each: each.dts * each.time_base):
            container.mux(packet)
    return path


def _packets(stream, signal, start: float) -> list:
    packets = []
    for first in range(0, len(signal), 1152):
        pcm = np.ascontiguousarray((signal[first : first + 1152] * 32767).astype(np.int16).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = first + round(start * RATE)
        packets += stream.encode(frame)
    return packets + list(stream.encode(None))


def _text_stream(container, path: Path, cues):
    source = path.with_suffix(".srt")
    rows = (
        f"{n}\n00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{text}\n".replace(".", ",", 2)
        for n, (a, b, text) in enumerate(cues, 1)
    )
    source.write_text("\n".join(rows), encoding="utf-8")
    texts = av.open(str(source))
    return texts, container.add_stream_from_template(texts.streams.subtitles[0])


def _text_packets(texts, stream, start: float) -> list:
    packets = []
    for packet in texts.demux(texts.streams.subtitles[0]):
        if packet.size:
            shift = round(start / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
            packets.append(packet)
    return packets


@pytest.mark.parametrize("start", [0.0, 5424.0, 36000.0])
def test_cues_of_an_own_track_count_from_the_start(tmp_path, start):
    path = late(tmp_path / "a.mkv", start, cues=CUES)
    (track,) = inspect(path).subtitles
    _, events = subtitle_document(path, track.index)
    assert [(round(a, 2), text) for a, _, text in events] == [(1.0, "Good morning."), (4.0, "Well then.")]


@pytest.mark.parametrize(("suffix", "start"), [(".mkv", 5424.0), (".ts", 5424.0), (".ts", 90000.0)])
def test_a_clip_of_a_late_container_is_where_a_player_shows_it(tmp_path, suffix, start):
    path = late(tmp_path / f"a{suffix}", start)
    assert np.abs(read_clip(path, 1.0, 2.5, 16000)).max() < 0.01
    assert np.abs(read_clip(path, 3.5, 4.5, 16000)).max() > 0.2


@pytest.mark.parametrize(("suffix", "start"), [(".mkv", 5424.0), (".ts", 5424.0), (".mkv", 0.0)])
def test_a_late_start_is_no_missing_audio(tmp_path, suffix, start):
    path = late(tmp_path / f"a{suffix}", start)
    report = Decoding()
    seconds = sum(map(len, decode(path, 0, 16000, report))) / 16000
    assert abs(seconds - 6.0) < 0.1
    assert _missing(inspect(path), seconds) == []
    assert _missing(inspect(path), 2.0) != []


@pytest.mark.parametrize(("suffix", "after"), [(".mkv", 2.0), (".ts", 1.5)])
def test_audio_that_begins_after_its_container(tmp_path, suffix, after):
    path = late(tmp_path / f"a{suffix}", 5424.0, after)
    info, report = inspect(path), Decoding()
    list(decode(path, info.audio[0].index, 16000, report))
    assert report.start_time - info.start_time == pytest.approx(after, abs=0.05)
    assert np.abs(read_clip(path, 1.0, after + 2.9, 16000)).max() < 0.01
    assert np.abs(read_clip(path, after + 3.2, after + 4.0, 16000)).max() > 0.2
