"""Waveforms across borders: files, base64 WAV, resampling."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import soundfile
import soxr

from audiorole.errors import InputError
from audiorole.evaluation.systems.base import Waveform


def mono(audio: object) -> Waveform:
    """Return any array of samples as float32 mono `(num_samples,)`; int16 is scaled, channels (second axis) are mixed.

    Raises ValueError for what is no audio: wrong dimensions, nan, values far beyond full scale.
    """
    raw = np.asarray(audio)
    wave = raw.astype(np.float32) / (32768.0 if raw.dtype == np.int16 else 1.0)
    wave = wave.mean(axis=1) if wave.ndim == 2 else wave
    if wave.ndim != 1:
        raise ValueError(f"A reply's audio has shape {raw.shape}; wanted (num_samples,) or (num_samples, channels).")
    if not np.isfinite(wave).all():
        raise ValueError("A reply's audio holds values that are not finite.")
    if len(wave) and float(np.abs(wave).max()) > 4.0:
        raise ValueError("A reply's audio goes beyond ±4; wanted float samples in [-1, 1] or int16.")
    return np.asarray(np.clip(wave, -1.0, 1.0), dtype=np.float32)


def resampled(waveform: Waveform, sample_rate: int, target: int) -> Waveform:
    """Return `waveform` at `target` Hz."""
    if sample_rate == target or not len(waveform):
        return waveform
    return np.asarray(soxr.resample(waveform, sample_rate, target), dtype=np.float32)


def read_audio(path: Path) -> tuple[Waveform, int]:
    """Return (mono waveform, sample rate) of a WAV, FLAC, Ogg or MP3 file. Raises InputError for what is none."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(str(path), f"not a readable audio file ({error})") from error
    return mono(samples), int(rate)


def write_flac(path: Path, waveform: Waveform, sample_rate: int) -> None:
    """Write a 16-bit FLAC file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, sample_rate, format="FLAC", subtype="PCM_16")


def wav_base64(waveform: Waveform, sample_rate: int) -> str:
    """Return a 16-bit WAV file as base64 text."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format="WAV", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def from_wav_bytes(data: bytes) -> tuple[Waveform, int]:
    """Return (mono waveform, sample rate) of an audio file in memory. Raises ValueError for what is none."""
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not an audio file: {error}") from error
    return mono(samples), int(rate)
