"""An episode's audio as it was heard, kept without loss: later stages, and later builds, need not open the media again.

FLAC at 16 kHz takes a third of a second an hour to write and to read, where decoding takes five and reads all pictures.
"""

from __future__ import annotations

from pathlib import Path

import soundfile

from audiorole.audio.decode import Decoding
from audiorole.audio.pcm import Pcm, to_int16

SUFFIX = "flac"
BLOCK_SECONDS = 60


def keep_audio(pcm: Pcm, path: Path) -> None:
    """Write the 16-bit samples of `pcm` to `path` as FLAC."""
    with soundfile.SoundFile(path, "w", pcm.sample_rate, 1, "PCM_16", format="FLAC") as kept:
        for _, waveform in pcm.blocks(BLOCK_SECONDS):
            kept.write(to_int16(waveform))


def kept_audio(path: Path, folder: Path) -> Pcm:
    """Return the samples in `path`, unpacked to a scratch file in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / f"{path.name}.pcm"
    with soundfile.SoundFile(path) as kept, raw.open("wb") as handle:
        for block in kept.blocks(BLOCK_SECONDS * kept.samplerate, dtype="int16"):
            handle.write(block.astype("<i2", copy=False).tobytes())
        rate = int(kept.samplerate)
    return Pcm(raw, rate, Decoding())
