"""DNSMOS P.835 on onnxruntime, one 9.01 s window per waveform, several windows per call.

The reference loop slides a 9.01 s window by one second, which costs nine times as much and changes little on
lines of a few seconds; waveforms longer than a window are cut into windows side by side here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard, Mos
from audiorole.models.session import open_session

SAMPLE_RATE = 16000
WINDOW = 144160  # 9.01 s, the model's fixed input
WINDOWS_PER_CALL = 1  # the spectrogram of one window is 2 MB; larger batches fall out of the cache

# Raw scores → P.835 scale, highest power first; the non-personalised fit of the reference implementation
# (microsoft/DNS-Challenge, DNSMOS/dnsmos_local.py).
SPEECH_FIT = (-0.08397278, 1.22083953, 0.0052439)
BACKGROUND_FIT = (-0.13166888, 1.60915514, -0.39604546)
OVERALL_FIT = (-0.06766283, 1.11546468, 0.04602535)


class Dnsmos(Embedded):
    """Speech, background and overall quality. Source: Reddy, Gopal, Cutler 2022, arXiv:2110.01763."""

    weights = ("dnsmos-p835.onnx",)

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        self._session = open_session(self.weight_paths(location)[0], threads)
        self._input = self._session.get_inputs()[0].name
        self.card = ModelCard("dnsmos", self.licence(), self.fingerprint(location), SAMPLE_RATE)

    def mos(self, waveforms: Sequence[Floats]) -> list[Mos]:
        """Return the scores of each waveform; a short one is repeated to fill the window, as the reference does.

        A waveform without samples gets the lowest score, 1.
        """
        owners, windows = [], []
        for index, waveform in enumerate(waveforms):
            for window in _windows(waveform):
                owners.append(index)
                windows.append(window)
        raw = self._raw(windows)
        return [_fitted(raw[np.asarray(owners) == index]) for index in range(len(waveforms))]

    def _raw(self, windows: Sequence[Floats]) -> Floats:
        parts = [np.zeros((0, 3), dtype=np.float32)]
        for first in range(0, len(windows), WINDOWS_PER_CALL):
            batch = np.stack(windows[first : first + WINDOWS_PER_CALL])
            parts.append(self._session.run(None, {self._input: batch})[0])
        return np.concatenate(parts)


def _windows(waveform: Floats) -> list[Floats]:
    """Cut into windows side by side; the last one ends at the end. Repeat what is shorter than one."""
    count = len(waveform)
    if count == 0:
        return []
    if count <= WINDOW:
        return [np.resize(waveform, WINDOW).astype(np.float32, copy=False)]
    starts = [*range(0, count - WINDOW, WINDOW), count - WINDOW]
    return [waveform[start : start + WINDOW].astype(np.float32, copy=False) for start in starts]


def _fitted(raw: Floats) -> Mos:
    if len(raw) == 0:
        return Mos(1.0, 1.0, 1.0)
    speech, background, overall = (
        float(np.clip(np.polyval(fit, raw[:, column]).mean(), 1.0, 5.0))
        for column, fit in enumerate((SPEECH_FIT, BACKGROUND_FIT, OVERALL_FIT))
    )
    return Mos(speech, background, overall)
