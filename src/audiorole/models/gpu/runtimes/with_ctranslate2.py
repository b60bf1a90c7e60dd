"""Whether CTranslate2 can use a GPU here: its wheel can, where the libraries of CUDA 12 are found."""

from __future__ import annotations

import ctypes

import ctranslate2

LIBRARIES = ("libcublas.so.12", "libcudnn.so.9")


def problem() -> str:
    """Return why not, "" where it can."""
    if not ctranslate2.get_cuda_device_count():
        return "CTranslate2 sees no GPU"
    missing = [name for name in LIBRARIES if not _found(name)]
    return f"CTranslate2 needs {' and '.join(missing)} of CUDA 12" if missing else ""


def _found(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
