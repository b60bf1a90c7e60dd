"""Decoding: clock, channels, damage."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.audio.clip import read_clip
from audiorole.audio.decode import Decoding, decode
from audiorole.audio.media import inspect
from audiorole.audio.pcm import decode_to_pcm
from audiorole.errors import InputError
from audiorole.testing.media import tone, write_media
from audiorole.types import encode


def heard(path, stream=0, rate=16000):
    report = Decoding()
    return np.concatenate(list(decode(path, stream, rate, report))), report


def power(waveform, hz, rate=16000):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return spectrum[round(hz * len(waveform) / rate)] / spectrum.max()


@pytest.mark.parametrize(("suffix", "codec"), [("flac", "flac"), ("mkv", "flac"), ("wav", "pcm_s16le"), ("mp4", "aac")])
def test_a_tone_comes_back(tmp_path, suffix, codec):
    path = write_media(tmp_path / f"a.{suffix}", tone(12.0, 1000.0), codec)
    waveform, report = heard(path)
    assert abs(len(waveform) / 16000 - 12.0) < 0.05
    assert report.num_samples == len(waveform)
    assert power(waveform[16000:32000], 1000.0) > 0.99
    assert 0.28 < np.abs(waveform[16000:32000]).max() < 0.32


def test_dialogue_of_the_centre_channel_leads(tmp_path):
    silence = np.zeros_like(tone(2.0))
    channels = np.stack([tone(2.0, 300), tone(2.0, 500), tone(2.0, 1000), silence, tone(2.0, 2000), silence])
    waveform, _ = heard(write_media(tmp_path / "a.mkv", channels, layout="5.1"))
    assert power(waveform[:16000], 1000.0) > 0.99
    assert power(waveform[:16000], 300.0) < 0.3
    assert power(waveform[:16000], 2000.0) < 0.01


def test_silent_centre_falls_back_to_all_channels(tmp_path):
    silence = np.zeros_like(tone(2.0))
    channels = np.stack([tone(2.0, 300), tone(2.0, 300), silence, silence, silence, silence])
    waveform, _ = heard(write_media(tmp_path / "a.mkv", channels, layout="5.1"))
    assert power(waveform[:16000], 300.0) > 0.99


def test_a_jump_of_the_clock_becomes_silence(tmp_path):
    path = write_media(tmp_path / "a.mkv", tone(4.0), skip=(2.0, 3.0))
    waveform, _ = heard(path)
    assert abs(len(waveform) / 16000 - 7.0) < 0.1
    assert np.abs(waveform[int(2.5 * 16000) : int(4.5 * 16000)]).max() < 1e-3
    assert np.abs(waveform[int(5.5 * 16000) : int(6.5 * 16000)]).max() > 0.2


def test_a_truncated_file_gives_what_is_there(tmp_path):
    path = write_media(tmp_path / "a.flac", np.random.default_rng(0).normal(0, 0.1, 48000 * 8).astype(np.float32))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    waveform, _ = heard(path)
    assert 3.0 < len(waveform) / 16000 < 5.0


def test_damage_in_the_middle_is_a_warning(tmp_path):
    path = write_media(tmp_path / "a.mkv", np.random.default_rng(0).normal(0, 0.1, 48000 * 8).astype(np.float32))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = np.random.default_rng(1).bytes(6000)
    path.write_bytes(bytes(data))
    waveform, report = heard(path)
    assert len(waveform) / 16000 > 3.0
    assert not report.warnings or "damaged audio" in report.warnings[0]


@pytest.mark.parametrize("content", [b"", b"not a film", b"\x00" * 5000])
def test_what_is_no_media_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not a readable media file|is an empty file"):
        inspect(path)


def test_missing_stream_is_named(tmp_path):
    path = write_media(tmp_path / "a.flac", tone(1.0))
    with pytest.raises(InputError, match="no audio stream 7"):
        list(decode(path, 7, 16000))


def test_streams_and_their_languages(tmp_path):
    path = write_media(tmp_path / "a.mkv", tone(1.0), streams=("eng", "deu"))
    assert [(s.index, s.language, s.channels) for s in inspect(path).audio] == [(0, "eng", 1), (1, "deu", 1)]


def test_pcm_reads_spans(tmp_path):
    ramp = np.linspace(-0.5, 0.5, 48000 * 3, dtype=np.float32)
    pcm = decode_to_pcm(write_media(tmp_path / "a.flac", ramp), 0, 16000, tmp_path / "scratch")
    part = pcm.read(1.0, 2.0)
    assert part.dtype == np.float32
    assert len(part) == 16000
    assert abs(float(part[0]) - (-0.5 + 1 / 3)) < 0.01
    assert len(pcm.read(2.9, 5.0)) == pcm.num_samples - round(2.9 * 16000)
    assert sum(len(block) for _, block in pcm.blocks(0.7)) == pcm.num_samples
    pcm.close()


def test_clip_starts_where_it_should(tmp_path):
    signal = np.concatenate([tone(5.0, 500), tone(5.0, 1500)])
    path = write_media(tmp_path / "a.mkv", signal)
    assert power(read_clip(path, 3.0, 4.0, 16000), 500) > 0.99
    assert power(read_clip(path, 6.0, None, 16000), 1500) > 0.99
    assert abs(len(read_clip(path, 4.5, 5.5, 16000)) - 16000) < 200
    with pytest.raises(InputError, match="no audio at"):
        read_clip(path, 30.0, 31.0, 16000)


TAGS = {
    "Latin-1": ("Zoë à la télé", "latin-1"),
    "a Central European code page": ("Čeština, mezinárodní žluť", "cp1250"),
    "Cyrillic": ("Русский перевод", "cp1251"),
    "Shift-JIS": ("日本語字幕", "shift_jis"),
    "UTF-8": ("Zoë, 日本語", "utf-8"),
}


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "flac"), (".mp3", "mp3"), (".mp4", "aac"), (".flac", "flac")])
@pytest.mark.parametrize(("title", "encoding"), TAGS.values(), ids=TAGS)
def test_a_tag_in_any_encoding_is_no_error_and_can_be_written_down(tmp_path, suffix, codec, title, encoding):
    raw = title.encode(encoding)
    path = write_media(tmp_path / f"a{suffix}", tone(1.0), codec, title="T" * len(raw))
    assert b"T" * len(raw) in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"T" * len(raw), raw))
    (stream,) = inspect(path).audio
    assert encode(stream)  # half of a surrogate pair could not be written
    assert stream.title in {"", raw.decode("utf-8", "replace")}
    assert suffix != ".mkv" or stream.title
    assert sum(len(block) for block in decode(path, stream.index, 16000)) > 15000
