"""Waveforms across borders: arrays of any library, files, base64 WAV, resampling. What is no sound is refused here."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiorole.audio.resample import resample
from audiorole.errors import InputError
from audiorole.evaluation.systems.base import Waveform

FULL_SCALE = {"int8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}
"""The loudest value of the integers that have a known scale."""

MOST_CHANNELS = 8
MOST_SAMPLES = 1 << 25
"""Over all channels, of one reply: eleven minutes of mono at 48 kHz, 128 MiB as float32."""

LOUDEST = 4.0
"""Float samples beyond it are no sound in [-1, 1] that overshoots, they are on another scale."""

FLAC_FREE_RATES = 65_535
"""Hz: FLAC holds every rate up to here, and only multiples of ten above."""
STUDIO_RATE = 48_000


def mono(audio: object) -> Waveform:
    """Return samples of any array or tensor as float32 mono `(num_samples,)` in [-1, 1].

    Integers are scaled; channels are mixed, whichever axis they are on: the shorter of two is taken for them, the
    second where both are alike; axes of length 1 beyond two are dropped. Raises ValueError for what is no audio: no
    numbers, too many axes, channels or samples, nan, values far beyond full scale.
    """
    raw = _array(audio)
    if raw.size > MOST_SAMPLES:
        raise ValueError(f"A reply's audio has {raw.size:,} samples; wanted at most {MOST_SAMPLES:,}.")
    wave = _one_axis(raw, _floats(raw)) if raw.size else np.zeros(0, np.float32)
    return _in_range(wave)


def read_audio(path: Path) -> tuple[Waveform, int]:
    """Return (mono waveform, sample rate) of a WAV, FLAC, Ogg or MP3 file. Raises InputError for what is none."""
    try:
        return _decoded(path)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise InputError(str(path), f"not a readable audio file ({error})") from error


def flac_bytes(waveform: Waveform, sample_rate: int) -> bytes:
    """Return a 16-bit FLAC file; a rate that FLAC does not have becomes 48 kHz."""
    if sample_rate > FLAC_FREE_RATES and sample_rate % 10:
        waveform, sample_rate = resample(waveform, sample_rate, STUDIO_RATE), STUDIO_RATE
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def write_flac(path: Path, waveform: Waveform, sample_rate: int) -> None:
    """Write a 16-bit FLAC file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flac_bytes(waveform, sample_rate))


def wav_base64(waveform: Waveform, sample_rate: int) -> str:
    """Return a 16-bit WAV file as base64 text."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format="WAV", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def from_wav_bytes(data: bytes) -> tuple[Waveform, int]:
    """Return (mono waveform, sample rate) of an audio file in memory. Raises ValueError for what is none."""
    try:
        return _decoded(io.BytesIO(data))
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not an audio file: {error}") from error


def _decoded(source: Path | io.BytesIO) -> tuple[Waveform, int]:
    """Return a file's samples, mixed; its size is looked at before anything is read."""
    with soundfile.SoundFile(source) as file:
        channels, size = int(file.channels), int(file.channels) * int(file.frames)
        if channels > MOST_CHANNELS or size > MOST_SAMPLES:
            raise ValueError(f"audio of {channels} channels and {size:,} samples is more than a reply may have")
        samples = file.read(dtype="float32", always_2d=True)
        rate = int(file.samplerate)
    return _in_range(samples.mean(axis=1) if len(samples) else np.zeros(0, np.float32)), rate


def _array(audio: Any) -> NDArray[Any]:
    """Return what was handed over as an array. A tensor is taken out of its graph, to the CPU, out of bfloat16."""
    try:
        if hasattr(audio, "detach") and hasattr(audio, "numpy"):
            tensor = audio.detach().cpu()
            audio = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
        return np.asarray(audio)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise ValueError(f"A reply's audio is no array of samples: {error}") from error


def _floats(raw: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers as float32 in the scale of sound. Raises ValueError for what are no samples."""
    name = raw.dtype.name
    if name in FULL_SCALE:
        return (raw / FULL_SCALE[name]).astype(np.float32)
    if name == "uint8":  # as in 8-bit WAV files: silence is 128
        return ((raw.astype(np.float32) - 128) / 128).astype(np.float32)
    if "float" not in name:
        raise ValueError(f"A reply's audio is of type {name}; wanted float samples in [-1, 1] or int16.")
    with np.errstate(all="ignore"):  # what does not fit into float32 becomes infinite, and is refused as that
        return raw.astype(np.float32)


def _one_axis(raw: NDArray[Any], wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one channel. Raises ValueError for a shape that is not one of sound."""
    shape = [length for length in raw.shape if length != 1] or [1] if raw.ndim > 2 else list(raw.shape)
    wave = wave.reshape(shape)
    axis = 0 if wave.ndim == 2 and wave.shape[0] < wave.shape[1] else 1
    if wave.ndim not in (1, 2) or (wave.ndim == 2 and wave.shape[axis] > MOST_CHANNELS):
        raise ValueError(
            f"A reply's audio has shape {raw.shape}; wanted (num_samples,), or with channels as a second axis."
        )
    return wave.mean(axis=axis) if wave.ndim == 2 else wave


def _in_range(wave: NDArray[np.float32]) -> Waveform:
    """Return the samples clipped to [-1, 1]. Raises ValueError for nan and for another scale."""
    if not np.isfinite(wave).all():
        raise ValueError("A reply's audio holds values that are not finite.")
    if len(wave) and float(np.abs(wave).max()) > LOUDEST:
        raise ValueError(f"A reply's audio goes beyond ±{LOUDEST:.0f}; wanted float samples in [-1, 1] or int16.")
    return np.asarray(np.clip(wave, -1.0, 1.0), dtype=np.float32)
