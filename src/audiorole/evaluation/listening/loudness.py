"""Equal loudness: every clip at the same active speech level, after ITU-T P.56."""

from __future__ import annotations

import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform

TARGET_DB = -26.0
"""dB full scale, the nominal active speech level of ITU-T P.800 tests."""

MARGIN_DB = 15.9
"""Frames this far below the level do not count as speech: the margin of ITU-T P.56."""


def active_level(waveform: Waveform) -> float | None:
    """Return the level of the active part in dB full scale; None for silence.

    The threshold and the level define each other; a few rounds from the overall level settle it.
    """
    size = SAMPLE_RATE // 50
    count = len(waveform) // size
    if not count:
        return None
    power = np.mean(waveform[: count * size].reshape(count, size).astype(np.float64) ** 2, axis=1)
    level = float(power.mean())
    for _ in range(8):
        active = power[power > level * 10 ** (-MARGIN_DB / 10)]
        level = float(active.mean()) if len(active) else 0.0
    return 10 * float(np.log10(level)) if level > 0 else None


def levelled(waveform: Waveform, target: float = TARGET_DB) -> Waveform:
    """Return `waveform` at the target level; less where its peaks would clip, unchanged where it is silent."""
    level = active_level(waveform)
    if level is None:
        return waveform
    gain = 10 ** ((target - level) / 20)
    peak = float(np.abs(waveform).max())
    return np.asarray(waveform * min(gain, 0.99 / max(peak, 1e-9)), dtype=np.float32)
