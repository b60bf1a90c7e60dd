"""WAV files that say they are synthetic: the mark is in the file's own INFO list, where players show it."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt


def marked_wav(samples: npt.NDArray[np.float32], sample_rate: int, mark: str) -> bytes:
    """Return a 16-bit mono WAV of `samples` (float32 `(num_samples,)` in [-1, 1]) whose INFO comment is `mark`."""
    data = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    comment = mark.encode() + b"\0"
    info = b"INFO" + _chunk(b"ICMT", comment) + _chunk(b"ISFT", b"audiorole\0")
    return _chunk(b"RIFF", b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"LIST", info) + _chunk(b"data", data))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
