"""Silero VAD v6: the ONNX file of the faster-whisper wheel, run on a whole episode in big calls.

The exported graph runs its encoder over all chunks as one batch and its LSTM along them, so one call per some
minutes of audio is exact, and far faster than one call per 32 ms.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, Frames, ModelCard
from audiorole.models.session import open_session

SAMPLE_RATE = 16000
CHUNK = 512  # samples a frame: what the model was trained on at 16 kHz
CONTEXT = 64  # samples of the previous chunk the model wants in front
CHUNKS_PER_CALL = 2000  # 64 s of audio: 40 MB of activations; longer calls are no faster
HIDDEN = 128


Chunks = Callable[[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]
"""Chunks `(num_frames, 576)` and the LSTM's states `(1, 1, 128)` to probabilities `(num_frames,)` and new states."""


class SileroActivity(Embedded):
    """Probability of speech every 32 ms. Source: Silero Team 2024, https://github.com/snakers4/silero-vad.

    What runs the network is the subclass's: OpenVINO (`silero_openvino`, 2.5 times as fast) or onnxruntime.
    """

    weights = ("silero-vad-v6.onnx",)
    chunks_per_call: ClassVar[int] = CHUNKS_PER_CALL

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._run = self._open(self.weight_paths(location)[0], threads)
        self.card = ModelCard(
            "silero-vad", self.licence(), self.fingerprint(location), SAMPLE_RATE, frame_rate=SAMPLE_RATE / CHUNK
        )

    @abstractmethod
    def _open(self, path: Path, threads: int) -> Chunks: ...

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return the probability of speech per 32 ms frame, float32 `(ceil(num_samples / 512),)`."""
        chunks = _chunks(waveform)
        hidden = cell = np.zeros((1, 1, HIDDEN), dtype=np.float32)
        parts = [np.zeros(0, dtype=np.float32)]
        for first in range(0, len(chunks), self.chunks_per_call):
            batch = np.ascontiguousarray(chunks[first : first + self.chunks_per_call])
            part, hidden, cell = self._run(batch, hidden, cell)
            parts.append(part)
        return np.concatenate(parts)


class SileroVad(SileroActivity):
    """Silero VAD on onnxruntime."""

    def _open(self, path: Path, threads: int) -> Chunks:
        session = open_session(path, threads)

        def run(chunks: Floats, hidden: Floats, cell: Floats) -> tuple[Floats, Floats, Floats]:
            found, hidden, cell = session.run(None, {"input": chunks, "h": hidden, "c": cell})
            return np.asarray(found).reshape(-1), np.asarray(hidden), np.asarray(cell)

        return run


def _chunks(waveform: Floats) -> Floats:
    """Return overlapping views `(num_frames, CONTEXT + CHUNK)`; zeros in front and after the end."""
    padding = -len(waveform) % CHUNK
    padded = np.concatenate(
        [np.zeros(CONTEXT, np.float32), waveform.astype(np.float32, copy=False), np.zeros(padding, np.float32)]
    )
    if len(padded) < CONTEXT + CHUNK:
        return np.empty((0, CONTEXT + CHUNK), dtype=np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + CHUNK)[::CHUNK]
