"""Tensors out of a CTranslate2 file, such as the one that `audiorole models pull whisper-base` brings.

The format (version 6): a header, then for each tensor its name, rank, sizes, type and bytes, little-endian. Nothing is
unpickled; the bytes are read where they lie.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audiorole.errors import InputError
from audiorole.types.plain import Array

DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's numbers of the types that a Whisper file may hold."""

Bytes = npt.NDArray[np.uint8]
"""uint8 `(bytes,)`, mapped from disk."""

Tensors = dict[str, Array]


def read_ctranslate2(path: Path) -> Tensors:
    """Return name → tensor of the file at `path`, mapped from disk. Raises `InputError` for another format."""
    data: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
    try:
        return _read(data)
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        raise InputError(str(path), f"is no CTranslate2 model of version 6 ({error})") from None


def _read(data: Bytes) -> Tensors:
    version, place = _number(data, "<I", 0)
    if version != 6:
        raise ValueError(f"version {version}")
    _, place = _text(data, place)
    _, place = _number(data, "<I", place)
    count, place = _number(data, "<I", place)
    tensors: Tensors = {}
    for _ in range(count):
        name, place = _text(data, place)
        rank, place = _number(data, "<B", place)
        sizes = struct.unpack_from(f"<{rank}I", data.data, place)
        kind, place = _number(data, "<B", place + 4 * rank)
        size, place = _number(data, "<I", place)
        tensors[name] = data[place : place + size].view(DTYPES[kind]).reshape(sizes)
        place += size
    return tensors


def _number(data: Bytes, form: str, place: int) -> tuple[int, int]:
    (number,) = struct.unpack_from(form, data.data, place)
    return number, place + struct.calcsize(form)


def _text(data: Bytes, place: int) -> tuple[str, int]:
    length, place = _number(data, "<H", place)
    return data[place : place + length].tobytes().rstrip(b"\0").decode(), place + length
