"""Open an ONNX file in onnxruntime or OpenVINO, on the CPU, with a fixed number of threads."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from audiorole.errors import WeightsError


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return an onnxruntime session on the CPU. Raises `WeightsError` where the file is no ONNX model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise WeightsError(f"{path.name} cannot be opened by onnxruntime: {error}") from error
