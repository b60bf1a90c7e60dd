"""The decoder's own mel spectrogram: 80 bands up to 8 kHz, 22.05 kHz, one frame each 256 samples."""

from __future__ import annotations

import torch
from torch import Tensor

from audiorole.training.whisper_vq.features import mel_filters

SAMPLE_RATE = 22_050
HOP = 256
WINDOW = 1024
BANDS = 80
TOP_HZ = 8000.0
FLOOR = 1e-5
"""Smallest magnitude; its logarithm, -11.5, is silence. The HiFi-GAN convention (Kong et al. 2020)."""


def mel_spectrogram(waveform: Tensor) -> Tensor:
    """Return the natural-log mel of `waveform` `(num_samples,)` or `(batch, num_samples)` as `(…, 80, frames)`.

    frames = num_samples // 256. The same as HiFi-GAN's and CosyVoice's at these settings.
    """
    batched = waveform if waveform.ndim == 2 else waveform[None]
    edge = (WINDOW - HOP) // 2
    padded = torch.nn.functional.pad(batched[:, None], (edge, edge), mode="reflect")[:, 0]
    window = torch.hann_window(WINDOW, device=waveform.device)
    spectrum = torch.stft(padded, WINDOW, HOP, window=window, center=False, return_complex=True)
    magnitude = (spectrum.real.pow(2) + spectrum.imag.pow(2) + 1e-9).sqrt()
    filters = mel_filters(BANDS, SAMPLE_RATE, WINDOW, TOP_HZ).to(waveform.device)
    mel = (filters @ magnitude).clamp(min=FLOOR).log()
    return mel if waveform.ndim == 2 else mel[0]
