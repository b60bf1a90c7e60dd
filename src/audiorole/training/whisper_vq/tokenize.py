"""Waveforms to codes: 30-second segments, batches of like lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from audiorole.training.whisper_vq.encoder import WhisperVqEncoder
from audiorole.training.whisper_vq.features import SAMPLE_RATE, log_mel

SEGMENT_SECONDS = 30
BATCH_SECONDS = 480.0
"""Audio in one batch, filling included; 16 full segments, 128 at most in the published script."""

Waveform = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class _Segment:
    owner: int
    order: int
    samples: Waveform


@dataclass(frozen=True)
class SpeechTokenizer:
    """Finds the codes of waveforms. A waveform's codes do not depend on what it is batched with."""

    encoder: WhisperVqEncoder
    device: torch.device | str = "cpu"
    batch_seconds: float = BATCH_SECONDS

    def codes(self, waveforms: Sequence[Waveform]) -> list[Codes]:
        """Return the codes of each waveform, uint16 `(codes,)`, 12.5 a second of sound.

        waveforms: float32 `(num_samples,)`, 16 kHz mono, in [-1, 1]. Segments of 30 s are coded apart, as published.
        """
        parts: dict[tuple[int, int], Codes] = {}
        for batch in _batches(_segments(waveforms), self.batch_seconds):
            for segment, codes in zip(batch, self._code(batch), strict=True):
                parts[segment.owner, segment.order] = codes
        empty = [np.zeros(0, dtype=np.uint16)]
        return [
            np.concatenate(empty + [parts[key] for key in sorted(parts) if key[0] == owner])
            for owner in range(len(waveforms))
        ]

    def _code(self, batch: Sequence[_Segment]) -> list[Codes]:
        config = self.encoder.config
        with torch.inference_mode():
            mels = [log_mel(part.samples, config.num_mel_bins, config.stride, self.device) for part in batch]
            longest = max(mel.shape[1] for mel in mels)
            features = torch.stack([torch.nn.functional.pad(mel, (0, longest - mel.shape[1])) for mel in mels])
            lengths = torch.tensor([len(part.samples) for part in batch], device=self.device)
            found = self.encoder(features, lengths).cpu().numpy().astype(np.uint16)
        counts = (-(-len(part.samples) // config.stride) for part in batch)
        return [row[:count] for row, count in zip(found, counts, strict=True)]


def _segments(waveforms: Sequence[Waveform]) -> list[_Segment]:
    size = SEGMENT_SECONDS * SAMPLE_RATE
    return [
        _Segment(owner, start // size, waveform[start : start + size])
        for owner, waveform in enumerate(waveforms)
        for start in range(0, len(waveform), size)
    ]


def _batches(segments: Sequence[_Segment], seconds: float) -> Iterator[list[_Segment]]:
    """Yield segments by length, longest first, so that little of a batch is filling."""
    batch: list[_Segment] = []
    for segment in sorted(segments, key=lambda part: -len(part.samples)):
        if batch and (len(batch) + 1) * len(batch[0].samples) > seconds * SAMPLE_RATE:
            yield batch
            batch = []
        batch.append(segment)
    if batch:
        yield batch
