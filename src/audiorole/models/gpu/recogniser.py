"""Free recognition by Whisper: CTranslate2 on the GPU where it can use one, else on the CPU."""

from __future__ import annotations

from audiorole.models.devices import CPU, CUDA, runtime_problem
from audiorole.models.words.whisper import Whisper


def recogniser_on_gpu(location: str | None = None, threads: int = 1, device: str = CUDA) -> Whisper:
    """Return Whisper where CTranslate2 can run it."""
    usable = device == CUDA and not runtime_problem("ctranslate2")
    return Whisper(location, threads, device=CUDA if usable else CPU)
