"""Up to which frequency a recording holds speech, and sound cut off there.

Sound of old recordings and codecs ends early; a voice is compared with another in the band that both have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

RATE = 16_000
SIZE, HOP = 1024, 512
DEPTH_DB = 48.0
"""Under the strongest band: speech of wide recordings is 40–45 dB down at 7 kHz, noise floors of narrow ones 60."""
NARROWEST_HZ, WIDEST_HZ = 3000.0, 7600.0
TAPS = 321

Waveform = NDArray[np.float32]


def band_edge(waveforms: Sequence[Waveform]) -> float:
    """Return the frequency in Hz under which the waveforms (16 kHz, one voice) hold their speech.

    Between 3,000 and 7,600 Hz; 7,600 where there is nothing to measure.
    """
    spectra = [_loud_spectrum(waveform) for waveform in waveforms if len(waveform) >= SIZE]
    if not spectra:
        return WIDEST_HZ
    level = 10 * np.log10(np.median(spectra, axis=0) + 1e-12)
    smooth = ndimage.uniform_filter1d(level, 9, mode="nearest")
    audible = np.flatnonzero(smooth > smooth.max() - DEPTH_DB)
    return float(np.clip(audible[-1] * RATE / SIZE, NARROWEST_HZ, WIDEST_HZ))


def _loud_spectrum(waveform: Waveform) -> NDArray[np.float64]:
    """Return the mean power of the louder half of the frames, float64 `(SIZE // 2 + 1,)`, sum 1."""
    frames = np.lib.stride_tricks.sliding_window_view(waveform.astype(np.float64), SIZE)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(SIZE), axis=1)) ** 2
    loud = power[power.sum(axis=1) >= np.median(power.sum(axis=1))].mean(axis=0)
    return np.asarray(loud / max(float(loud.sum()), 1e-12))


def low_pass(edge: float, rate: int = RATE) -> NDArray[np.float32]:
    """Return the taps of a linear-phase filter that ends at `edge` Hz, float32 `(TAPS,)`."""
    return np.asarray(signal.firwin(TAPS, min(edge, rate / 2 - 50), fs=rate), dtype=np.float32)


def limit_band(waveform: Waveform, edge: float, rate: int = RATE) -> Waveform:
    """Return `waveform`, float32 `(num_samples,)`, without what is above `edge` Hz; same length, no delay."""
    if edge >= rate / 2 - 50 or not len(waveform):
        return waveform
    whole = signal.fftconvolve(waveform, low_pass(edge, rate))
    return np.asarray(whole[TAPS // 2 : TAPS // 2 + len(waveform)], dtype=np.float32)
