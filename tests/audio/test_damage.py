"""Damaged and deceptive media: bounded time and memory, one sentence, nothing lost in silence."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from audiorole.audio.decode import MAX_GAP_SECONDS, Decoding, decode
from audiorole.audio.media import inspect, open_media, reason_of
from audiorole.errors import InputError
from audiorole.testing.media import tone, write_media


def samples(path: Path, report: Decoding | None = None) -> int:
    return sum(len(block) for block in decode(path, 0, 16000, report))


def wav(path: Path, rate: int, data: bytes = bytes(20000)) -> Path:
    """Write a 16-bit mono WAV whose header says `rate`."""
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    path.write_bytes(head + struct.pack("<4sI", b"data", len(data)) + data)
    return path


@pytest.mark.parametrize("rate", [1, 100, 3999])
def test_a_sample_rate_that_nobody_speaks_at_is_refused(tmp_path, rate):
    with pytest.raises(InputError, match=f"a.wav: states a sample rate of {rate} Hz"):
        samples(wav(tmp_path / "a.wav", rate))


@pytest.mark.parametrize("rate", [8000, 16000, 192000])
def test_usual_and_high_sample_rates_are_taken(tmp_path, rate):
    assert abs(samples(wav(tmp_path / "a.wav", rate)) - 10000 * 16000 / rate) < 20


def test_jumps_of_the_clock_are_filled_up_to_an_hour_and_in_small_blocks(tmp_path):
    path = write_media(tmp_path / "a.mkv", tone(1.0), skip=(0.5, 0.9 * MAX_GAP_SECONDS))
    blocks = [len(block) for block in decode(path, 0, 16000)]
    assert abs(sum(blocks) / 16000 - (1 + 0.9 * MAX_GAP_SECONDS)) < 0.1
    assert max(blocks) < 16000 * 11


def test_a_jump_beyond_an_hour_is_a_broken_stamp(tmp_path):
    path = write_media(tmp_path / "a.mkv", tone(1.0), skip=(0.5, 2 * MAX_GAP_SECONDS))
    assert abs(samples(path) / 16000 - 1.0) < 0.1


@pytest.mark.parametrize(
    "content",
    [b"#EXTM3U\n#EXTINF:10,\nother.ts\n", b"\xef\xbb\xbf#EXTM3U\n", b"ffconcat version 1.0\nfile 'a.mkv'\n"],
)
def test_a_play_list_is_not_followed(tmp_path, content):
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.mkv: is a play list"):
        inspect(path)


def test_a_file_that_is_not_there_and_a_folder_are_sentences(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        open_media(tmp_path / "gone.mkv")
    with pytest.raises(InputError, match="Is a directory"):
        open_media(tmp_path)


def test_codes_without_words_are_not_shown():
    assert reason_of(OSError("Error number -16976906 occurred")) == "invalid data"
    assert reason_of(ValueError("first\nsecond")) == "first"
    assert reason_of(ValueError()) == "ValueError"


def test_a_bitmap_subtitle_track_is_told_from_text(tmp_path):
    path = _with_track(tmp_path / "a.mkv", b"S_HDMV/PGS\x00")
    (track,) = inspect(path).subtitles
    assert (track.bitmap, track.codec) == (True, "pgssub")
    (text,) = inspect(_with_track(tmp_path / "b.mkv", b"S_TEXT/UTF8")).subtitles
    assert not text.bitmap


def _with_track(path: Path, codec: bytes) -> Path:
    """Write a Matroska file with audio and one subtitle track whose codec is then renamed."""
    sound, text = write_media(path.with_suffix(".flac"), tone(0.2)), path.with_suffix(".srt")
    text.write_text("1\n00:00:00,000 --> 00:00:00,200\nHello.\n")
    with av.open(str(path), "w") as container, av.open(str(sound)) as audio, av.open(str(text)) as subtitle:
        streams = [(source, container.add_stream_from_template(source.streams[0])) for source in (audio, subtitle)]
        for source, stream in streams:
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    container.mux(packet)
    data = path.read_bytes()
    assert data.count(b"S_TEXT/UTF8") == 1
    path.write_bytes(data.replace(b"S_TEXT/UTF8", codec))
    return path
