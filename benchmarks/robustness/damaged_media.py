"""Small media files of every common container, and the ways in which such files arrive damaged.

All randomness comes from the generator given, so that a seed names a file for ever.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48000

CONTAINERS = {
    "wav": ("wav", "pcm_s16le", "stereo"),
    "flac": ("flac", "flac", "mono"),
    "mp3": ("mp3", "libmp3lame", "stereo"),
    "m4a": ("mp4", "aac", "stereo"),
    "ogg": ("ogg", "flac", "stereo"),
    "opus": ("ogg", "libopus", "mono"),
    "mka": ("matroska", "flac", "5.1"),
    "ac3": ("ac3", "ac3", "5.1"),
    "mkv": ("matroska", "libopus", "stereo"),
    "mp4": ("mp4", "aac", "stereo"),
    "webm": ("webm", "libopus", "stereo"),
    "ts": ("mpegts", "mp2", "stereo"),
    "avi": ("avi", "libmp3lame", "stereo"),
    "mov": ("mov", "pcm_s16le", "stereo"),
}
"""Ending → (format, audio codec, layout)."""

PICTURES = frozenset({"mkv", "mp4", "ts", "avi"})
"""Endings whose files get a picture as well."""


def write_sample(path: Path, ending: str, waveform: NDArray[np.float32]) -> Path:
    """Write mono `waveform` at 48 kHz as a whole, healthy file of the kind `ending`."""
    form, codec, layout = CONTAINERS[ending]
    with av.open(str(path), "w", format=form) as container:
        audio = container.add_stream(codec, rate=RATE)
        audio.layout = layout
        video = container.add_stream("mpeg4", rate=5) if ending in PICTURES else None
        if video:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for number in range(int(5 * len(waveform) / RATE)):
                picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 255, np.uint8), format="rgb24")
                picture.pts, picture.time_base = number, Fraction(1, 5)
                container.mux(video.encode(picture))
        _write_audio(container, audio, waveform)
        if video:
            container.mux(video.encode(None))
    return path


def _write_audio(container, stream, waveform: NDArray[np.float32]) -> None:
    channels = stream.codec_context.channels
    pcm = np.clip(waveform * 32767, -32768, 32767).astype(np.int16)
    for first in range(0, len(pcm), 1024):
        block = np.repeat(pcm[first : first + 1024], channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout=stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


Damage = Callable[[bytes, random.Random], bytes]


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """Flip one to five hundred bits anywhere."""
    return _flipped(data, chance, len(data), 2 ** chance.randint(0, 9))


def flip_header(data: bytes, chance: random.Random) -> bytes:
    """Flip bits of the first 512 bytes."""
    return _flipped(data, chance, min(len(data), 512), 2 ** chance.randint(0, 5))


def _flipped(data: bytes, chance: random.Random, reach: int, count: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[chance.randrange(reach)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def extreme_number(data: bytes, chance: random.Random) -> bytes:
    """Put 0, 1 or the largest number where a size, rate or count may be."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(4, min(len(data) - 8, 600))
        value = chance.choice((0, 1, 2**31 - 1, 2**32 - 1))
        changed[place : place + 4] = struct.pack(chance.choice("<>") + "I", value)
    return bytes(changed)


def truncate(data: bytes, chance: random.Random) -> bytes:
    """Keep the beginning: a download that broke off."""
    return data[: chance.randrange(len(data))]


def stub(data: bytes, chance: random.Random) -> bytes:
    """Keep at most 256 bytes, or none."""
    return data[: chance.choice((0, 1, 4, 12, 32, 64, 256))]


def behead(data: bytes, chance: random.Random) -> bytes:
    """Lose the beginning."""
    return data[chance.randrange(1, len(data)) :]


def blank(data: bytes, chance: random.Random) -> bytes:
    """Zero a stretch: a bad sector, a torrent that never finished."""
    first = chance.randrange(len(data))
    length = chance.randrange(1, len(data))
    return (data[:first] + bytes(length) + data[first + length :])[: len(data)]


def cut_out(data: bytes, chance: random.Random) -> bytes:
    """Lose a stretch in the middle."""
    first, last = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:first] + data[last:]


def repeat(data: bytes, chance: random.Random) -> bytes:
    """Have a stretch twice."""
    first, last = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:last] + data[first:]


def shuffle(data: bytes, chance: random.Random) -> bytes:
    """Have blocks of 4 KiB in another order, the first in its place."""
    blocks = [data[place : place + 4096] for place in range(4096, len(data), 4096)]
    chance.shuffle(blocks)
    return data[:4096] + b"".join(blocks)


def twice(data: bytes, chance: random.Random) -> bytes:
    """Be two files in one."""
    return data + data


def garbage_before(data: bytes, chance: random.Random) -> bytes:
    """Begin with up to 64 KiB of noise."""
    return chance.randbytes(chance.randrange(1, 65536)) + data


def noise(data: bytes, chance: random.Random) -> bytes:
    """Be noise altogether."""
    return chance.randbytes(len(data))


def foreign(data: bytes, chance: random.Random) -> bytes:
    """Be something else under a media name: a page, a play list, a picture, an archive."""
    return chance.choice(FOREIGN)


FOREIGN = (
    b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/none.ts\n#EXT-X-ENDLIST\n",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n../../../../etc/hostname\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\n" + b"file 'Fuzz.S01E001.mkv'\n" * 3,
    b"PK\x03\x04" + bytes(200),
    b"\x89PNG\r\n\x1a\n" + bytes(300),
    b"1\n00:00:01,000 --> 00:00:02,000\nA subtitle called a film.\n",
    b"GIF89a" + bytes(100),
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x02\x00\x00\x00\x02\x00\x10\x00data"
    + b"\xff\xff\xff\xff"
    + bytes(20000),
)

DAMAGES: tuple[Damage, ...] = (
    flip_bits,
    flip_header,
    extreme_number,
    truncate,
    stub,
    behead,
    blank,
    cut_out,
    repeat,
    shuffle,
    twice,
    garbage_before,
    noise,
    foreign,
)
