"""Whether onnxruntime can use a GPU here: the package `onnxruntime-gpu` can."""

from __future__ import annotations

import onnxruntime

PROVIDER = "CUDAExecutionProvider"


def problem() -> str:
    """Return why not, "" where it can."""
    if PROVIDER in onnxruntime.get_available_providers():
        return ""
    return f"onnxruntime {onnxruntime.__version__} was built without CUDA (onnxruntime-gpu has it)"
