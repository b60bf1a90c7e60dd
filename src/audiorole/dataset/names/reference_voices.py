"""Reference voices: the clips of a cast, embedded once and kept by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.clip import read_clip
from audiorole.core.disk import read_sealed, write_sealed
from audiorole.dataset.input.cast import clip_paths
from audiorole.dataset.lines.episode_audio import SAMPLE_RATE
from audiorole.models import fingerprint, load_model
from audiorole.models.ports import SpeakerEmbedder
from audiorole.naming import ReferenceVoices
from audiorole.pipeline.store import hash_file
from audiorole.types import Cast, ReferenceClip


def reference_voices(cast: Cast, folder: Path, embedder: str, cache: Path) -> ReferenceVoices:
    """Return the voices of all reference clips. folder: of the cast file; cache: where embeddings are kept.

    Raises InputError where a clip cannot be read.
    """
    hashes = {path: hash_file(path) for path in clip_paths(cast, folder) if path.exists()}
    rows, owners, durations = [], [], []
    for index, clip in _clips(cast):
        voice, duration = _voice(clip, folder / clip.path, hashes, embedder, cache)
        rows.append(voice)
        owners.append(index)
        durations.append(duration)
    if not rows:
        return ReferenceVoices()
    return ReferenceVoices(np.stack(rows), np.array(owners, np.int32), np.array(durations, np.float32))


def _clips(cast: Cast) -> Iterator[tuple[int, ReferenceClip]]:
    for index, character in enumerate(cast.character):
        for clip in character.references:
            yield index, clip


def _voice(
    clip: ReferenceClip, path: Path, hashes: dict[Path, str], embedder: str, cache: Path
) -> tuple[NDArray[np.float32], float]:
    model = fingerprint("speaker-embedder", embedder)
    identity = f"{hashes.get(path)}|{clip.start}|{clip.end}|{model}|weighted"
    kept = cache / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.f32"
    if data := read_sealed(kept):
        row = np.frombuffer(data, np.float32)
    else:
        row = _embedded(clip, path, embedder)
        write_sealed(kept, row.tobytes())
    return row[:-1], float(row[-1])


def _embedded(clip: ReferenceClip, path: Path, embedder: str) -> NDArray[np.float32]:
    """Return the clip's voice with its duration in seconds behind it."""
    waveform = read_clip(path, clip.start, clip.end, SAMPLE_RATE)
    model: SpeakerEmbedder = load_model("speaker-embedder", embedder)
    voice = model.embed([waveform], weighted=True)[0]
    return np.append(voice, np.float32(len(waveform) / SAMPLE_RATE)).astype(np.float32)
