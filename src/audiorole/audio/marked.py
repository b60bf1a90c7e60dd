"""WAV files that say they are synthetic: the mark is in the file's own comment, where players show it."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import soundfile


def marked_wav(samples: npt.NDArray[np.float32], sample_rate: int, mark: str) -> bytes:
    """Return a 16-bit mono WAV of `samples` (float32 `(num_samples,)` in [-1, 1]) whose comment is `mark`."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", sample_rate, 1, "PCM_16", format="WAV") as file:
        file.comment, file.software = mark, "audiorole"
        file.write(samples)
    return buffer.getvalue()
