"""How a line is spoken: pitch, its range, syllable rate, pauses, energy. numpy only.

Pitch: `audiorole.audio.pitch`. Syllables: peaks of the smoothed energy between 300 and 3,300 Hz (after de Jong &
Wempe 2009).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from audiorole.audio.pitch import pitch_track
from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.types import Record

MIN_VOICED_FRAMES = 12  # about 0.2 s
PAUSE_DB = 25.0
"""Below the 95th percentile of the level: a pause (de Jong & Wempe 2009 use 25 dB below the 99th)."""

FEATURES = ("log_f0", "f0_range", "syllable_rate", "pause_ratio", "energy_range")


class Prosody(Record, frozen=True):
    """One line. log_f0: of the median, natural log of Hz; f0_range: 10th to 90th percentile, in semitones.

    syllable_rate: peaks per second of speech; pause_ratio: share of the duration; energy_range: dB, 10th to 95th.
    """

    log_f0: float
    f0_range: float
    syllable_rate: float
    pause_ratio: float
    energy_range: float

    @property
    def values(self) -> NDArray[np.float64]:
        """The five features in the order of `FEATURES`, float64 `(5,)`."""
        return np.array([getattr(self, name) for name in FEATURES])


def measure_prosody(waveform: Waveform) -> Prosody | None:
    """Return the prosody of a 16 kHz waveform; None where less than about 0.2 s is voiced."""
    pitch = pitch_track(waveform)
    voiced = pitch[pitch > 0]
    if len(voiced) < MIN_VOICED_FRAMES:
        return None
    level = _level(waveform)
    high = float(np.percentile(level, 95))
    talking = level > high - PAUSE_DB
    low, top = np.percentile(voiced, [10, 90])
    return Prosody(
        log_f0=round(float(np.log(np.median(voiced))), 4),
        f0_range=round(float(12 * np.log2(top / low)), 3),
        syllable_rate=round(_syllables(waveform) / max(0.1, float(talking.sum()) * 0.01), 3),
        pause_ratio=round(float(1 - talking.mean()), 4),
        energy_range=round(high - float(np.percentile(level[talking], 10)), 2),
    )


def _level(waveform: Waveform) -> NDArray[np.float64]:
    """Return the level of each 10 ms in dB, float64 `(num_frames,)`."""
    size = SAMPLE_RATE // 100
    count = max(1, len(waveform) // size)
    blocks = np.resize(waveform, count * size).reshape(count, size).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(blocks**2, axis=1) + 1e-10))


def _syllables(waveform: Waveform) -> int:
    sections = signal.butter(2, [300, 3300], "bandpass", fs=SAMPLE_RATE, output="sos")
    envelope = _level(signal.sosfilt(sections, waveform).astype(np.float32))
    smooth = signal.lfilter(*signal.butter(2, 8, fs=100), envelope)
    peaks, _ = signal.find_peaks(smooth, height=float(np.percentile(smooth, 95)) - PAUSE_DB, prominence=2.0)
    return len(peaks)
