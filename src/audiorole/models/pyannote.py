"""pyannote segmentation-3.0 on OpenVINO: who speaks in ten seconds, so where there is speech and where two talk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audiorole.models.adapter import Embedded
from audiorole.models.openvino_session import compile_network
from audiorole.models.ports import Floats, Frames, ModelCard, SpeakerActivity
from audiorole.models.pyannote_network import SAMPLE_RATE, WINDOW, build, read_buffers

FRAME = 270  # samples between frames
FRAMES_PER_WINDOW = 589
CENTRING = 360  # zeros in front, so that the network's first frame is centred on the first FRAME samples
MARGIN = 28  # frames thrown away at both ends of a window: half a second without context
FRAMES_KEPT = FRAMES_PER_WINDOW - 2 * MARGIN
WINDOWS_PER_CALL = 8  # x220 from four windows on, `benchmarks/models_speed.py`
SILENCE, OVERLAPS = 0, slice(4, 7)  # powerset classes: none, 1, 2, 3, 1+2, 1+3, 2+3


class PyannoteSegmentation(Embedded):
    """Speech and overlap every 16.9 ms. Source: Plaquet and Bredin 2023, arXiv:2310.13025.

    Also a `VoiceActivityDetector`, surer under music than Silero and half as fast.
    """

    weights = ("pyannote-segmentation-3.0.bin",)

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        network = build(read_buffers(self.weight_paths(location)[0]))
        self._run = compile_network(network, threads)
        rate = SAMPLE_RATE / FRAME
        self.card = ModelCard(
            "pyannote-segmentation", self.licence(), self.fingerprint(location), SAMPLE_RATE, frame_rate=rate
        )

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return the probability of speech per frame, float32 `(ceil(num_samples / 270),)`."""
        return self.speaker_activity(waveform).speech

    def speaker_activity(self, waveform: Floats) -> SpeakerActivity:
        """Return speech and overlap per frame, float32 `(ceil(num_samples / 270),)` each."""
        count = -(-len(waveform) // FRAME)
        classes = np.zeros((count, 7), dtype=np.float32)
        windows = -(-count // FRAMES_KEPT)
        for first in range(0, windows, WINDOWS_PER_CALL):
            batch = _windows(waveform, range(first, min(first + WINDOWS_PER_CALL, windows)))
            for start, probabilities in _kept(self._run(batch), first):
                part = classes[start : start + len(probabilities)]
                part[:] = probabilities[: len(part)]
        return SpeakerActivity(1.0 - classes[:, SILENCE], classes[:, OVERLAPS].sum(axis=1))


def _windows(waveform: Floats, numbers: range) -> Floats:
    """Return windows `(batch, 1, WINDOW)`, zeros before the start and after the end."""
    batch = np.zeros((len(numbers), 1, WINDOW), dtype=np.float32)
    for row, number in enumerate(numbers):
        start = number * FRAMES_KEPT * FRAME - CENTRING
        piece = waveform[max(0, start) : start + WINDOW]
        lead = max(0, -start)
        batch[row, 0, lead : lead + len(piece)] = piece
    return batch


def _kept(probabilities: Floats, first: int) -> Iterator[tuple[int, Floats]]:
    """Yield (first frame, probabilities) of what each window is trusted for."""
    for number, window in enumerate(probabilities, start=first):
        begin = MARGIN if number > 0 else 0
        yield number * FRAMES_KEPT + begin, window[begin:]
