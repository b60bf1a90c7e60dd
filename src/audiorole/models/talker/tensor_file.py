"""safetensors files whose bytes depend on the tensors alone, and on no library's version."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.core.disk import whole

_KINDS = {np.dtype("<f2"): "F16", np.dtype("<f4"): "F32"}
_ALIGNED = 8


def write_tensor_file(
    path: Path, tensors: Mapping[str, NDArray[np.floating]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write float16 and float32 arrays, in order of their names; the file is whole or not there."""
    header: dict[str, object] = {"__metadata__": dict(sorted((metadata or {}).items()))} if metadata else {}
    place = 0
    for name, array in sorted(tensors.items()):
        end = place + array.nbytes
        header[name] = {"dtype": _KINDS[array.dtype], "shape": list(array.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNED)
    with whole(path) as handle:
        handle.write(struct.pack("<Q", len(text)) + text)
        for _, array in sorted(tensors.items()):
            handle.write(np.ascontiguousarray(array).tobytes())
