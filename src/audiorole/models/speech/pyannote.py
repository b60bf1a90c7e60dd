"""pyannote segmentation-3.0: who speaks in ten seconds, so where there is speech and where two talk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, Frames, ModelCard, SpeakerActivity
from audiorole.models.speech.pyannote_weights import SAMPLE_RATE, WINDOW, read_buffers

FRAME = 270  # samples between frames
FRAMES_PER_WINDOW = 589
CENTRING = 360  # zeros in front, so that the network's first frame is centred on the first FRAME samples
MARGIN = 28  # frames thrown away at both ends of a window: half a second without context
FRAMES_KEPT = FRAMES_PER_WINDOW - 2 * MARGIN
WINDOWS_PER_CALL = 8  # x220 from four windows on, `benchmarks/speed/models.py`
SILENCE, OVERLAPS = 0, slice(4, 7)  # powerset classes: none, 1, 2, 3, 1+2, 1+3, 2+3
SPEAKERS = np.array([[0, 1, 0, 0, 1, 1, 0], [0, 0, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 1]], dtype=np.float32).T
BESIDE = 25  # frames heard on both sides of a change, .42 s; set by hand on even episodes: 40 and 60 cut too much
LEAST_SPEECH = 12  # frames of speech that each side must hold


class PyannoteActivity(Embedded):
    """Speech, overlap and changes of speaker every 16.9 ms. Source: Plaquet and Bredin 2023, arXiv:2310.13025.

    Also a `VoiceActivityDetector`, surer under music than Silero and half as fast. What runs the network is the
    subclass's: OpenVINO (`pyannote_openvino`) or numpy (`pyannote_numpy`).
    """

    weights = ("pyannote-segmentation-3.0.bin",)
    windows_per_call: ClassVar[int] = WINDOWS_PER_CALL

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._run = self._open(read_buffers(self.weight_paths(location)[0]), threads)
        rate = SAMPLE_RATE / FRAME
        self.card = ModelCard(
            "pyannote-segmentation", self.licence(), self.fingerprint(location), SAMPLE_RATE, frame_rate=rate
        )

    @abstractmethod
    def _open(self, buffers: list[Floats], threads: int) -> Callable[[Floats], Floats]:
        """Return the network: waveforms `(batch, 1, 160000)` → class probabilities `(batch, 589, 7)`."""

    def speech_probability(self, waveform: Floats) -> Frames:
        """Return the probability of speech per frame, float32 `(ceil(num_samples / 270),)`."""
        return self.speaker_activity(waveform).speech

    def speaker_activity(self, waveform: Floats) -> SpeakerActivity:
        """Return the activity per frame, float32 `(ceil(num_samples / 270),)` each."""
        count = -(-len(waveform) // FRAME)
        activity = np.zeros((3, count), dtype=np.float32)
        windows = -(-count // FRAMES_KEPT)
        for first in range(0, windows, self.windows_per_call):
            batch = _windows(waveform, range(first, min(first + self.windows_per_call, windows)))
            for start, curves in _kept(self._run(batch), first):
                part = activity[:, start : start + curves.shape[1]]
                part[:] = curves[:, : part.shape[1]]
        return SpeakerActivity(*activity)


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
    """Yield (first frame, speech, overlap and change `(3, num_frames)`) of what each window is trusted for."""
    for number, window in enumerate(probabilities, start=first):
        begin = MARGIN if number > 0 else 0
        curves = np.stack([1.0 - window[:, SILENCE], window[:, OVERLAPS].sum(axis=1), _change(window)])
        yield number * FRAMES_KEPT + begin, curves[:, begin:]


def _change(classes: Floats) -> Floats:
    """Return for each frame of a window how surely the speaker changes there.

    The window's speakers have numbers that hold inside the window only. A change is what one of them loses, or another
    gains, of the speech between the `BESIDE` frames before and those after, whichever is less.
    """
    heard = np.concatenate([np.zeros((1, 3)), np.cumsum(classes @ SPEAKERS, axis=0, dtype=np.float64)])
    frame = np.arange(len(classes))
    before = heard[frame] - heard[np.maximum(frame - BESIDE, 0)]
    after = heard[np.minimum(frame + BESIDE, len(classes))] - heard[frame]
    sure = (before.sum(axis=1) > LEAST_SPEECH) & (after.sum(axis=1) > LEAST_SPEECH)
    gain = _shares(after) - _shares(before)
    return np.asarray(np.minimum(-gain.min(axis=1), gain.max(axis=1)) * sure, np.float32)


def _shares(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(seconds / np.maximum(seconds.sum(axis=1, keepdims=True), 1e-3))
