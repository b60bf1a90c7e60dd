"""WeSpeaker ResNet34 voices: our Kaldi filter banks in numpy, the network on onnxruntime in fp32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from audiorole.core.vectors import lengths, unit
from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.session import open_session
from audiorole.models.voices import fbank

DIMENSION = 256
MIN_SECONDS = 0.4  # Kaldi frames to fill the network's eightfold time stride five times; shorter voices are noise

MAX_SECONDS = 3.0  # the middle of a line; more costs time and lowers the EER no further (`models_speed.py`)

LENGTH_POWER = 0.4
"""What a length counts for beside those of the network that `naming/voices/clarity.py` was fitted on. Fitted on even
episodes of one series: 0.48 on its true lines (`tools/naming/voice_lengths.py`), 0.35 on lines as `embed` hears them
(a trial). In between, set by hand."""


class WeSpeaker(Embedded):
    """256 dimensions, fp32. Source: Wang et al. 2023, arXiv:2210.17016; VoxCeleb ResNet34-LM.

    Every waveform runs by itself: pooling has no mask, padding would change the voice, and one waveform already
    keeps a core busy (batches measured no faster, `benchmarks/speed/models.py`).
    """

    weights = ("wespeaker-resnet34.onnx",)
    name: ClassVar[str] = "wespeaker-fp32"
    min_seconds: float = MIN_SECONDS
    max_seconds: float = MAX_SECONDS
    batch: ClassVar[int] = 1  # one waveform already keeps a core busy
    rest: ClassVar[int] = 1  # a runtime that compiles for each shape keeps 25 MB an episode for rests of other sizes

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._network = self._open(self.weight_paths(location)[0], threads)
        self.card = ModelCard(self.name, self.licence(), self.fingerprint(location), fbank.SAMPLE_RATE, DIMENSION)

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        """Return the voices, float32 `(num_waveforms, 256)`; see `SpeakerEmbedder.embed`."""
        voices = np.zeros((len(waveforms), DIMENSION), dtype=np.float32)
        usable = {i: self._middle(waveform) for i, waveform in enumerate(waveforms) if self._usable(waveform)}
        for chosen in batches(
            {i: fbank.num_frames(len(waveform)) for i, waveform in usable.items()}, self.batch, self.rest
        ):
            voices[chosen] = self._network(self._features([usable[i] for i in chosen]))
        return unit(voices) * lengths(voices) ** LENGTH_POWER if weighted else unit(voices)

    def _features(self, waveforms: Sequence[Floats]) -> Floats:
        """Return the features `(num_waveforms, num_frames, 80)` of waveforms with as many frames each."""
        return np.stack([fbank.mean_normalised(features) for features in fbank.fbanks(waveforms)])

    def _middle(self, waveform: Floats) -> Floats:
        keep = int(min(len(waveform), self.max_seconds * fbank.SAMPLE_RATE))
        start = (len(waveform) - keep) // 2
        return waveform[start : start + keep]

    def _usable(self, waveform: Floats) -> bool:
        long_enough = len(waveform) >= self.min_seconds * fbank.SAMPLE_RATE
        return bool(long_enough and np.isfinite(waveform).all() and np.any(waveform))

    def _open(self, path: Path, threads: int) -> Callable[[Floats], Floats]:
        session = open_session(path, threads)
        name = session.get_inputs()[0].name
        return lambda features: np.asarray(session.run(None, {name: features})[0], dtype=np.float32)


def batches(lengths: Mapping[int, int], size: int, rest: int) -> Iterator[list[int]]:
    """Yield the keys of `lengths` in groups of one length, shortest first: of `size`, and the rest at most `rest` each.

    >>> list(batches({0: 5, 1: 3, 2: 5, 3: 5, 4: 5, 5: 5}, 3, 1))
    [[1], [0, 2, 3], [4], [5]]
    """
    for length in sorted(set(lengths.values())):
        alike = [key for key, value in lengths.items() if value == length]
        whole = len(alike) // size * size
        yield from (alike[first : first + size] for first in range(0, whole, size))
        yield from (alike[first : first + rest] for first in range(whole, len(alike), rest))
