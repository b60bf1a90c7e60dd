"""Reference voices: the clips of a cast, embedded once and kept by content."""

from __future__ import annotations

import hashlib
import itertools
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

WINDOW, MOST_WINDOWS = 3.0, 10
"""Seconds of a clip that are one voice, as embedders hear the middle of what is longer; windows of a clip at most."""


def reference_voices(cast: Cast, folder: Path, embedder: str, cache: Path) -> ReferenceVoices:
    """Return the voices of all reference clips, long ones in windows. folder: of the cast file; cache: of embeddings.

    Raises InputError where a clip cannot be read.
    """
    hashes = {path: hash_file(path) for path in clip_paths(cast, folder) if path.exists()}
    owners: list[int] = []
    parts: list[NDArray[np.float32]] = []
    for index, clip in _clips(cast):
        windows = _windows(clip, folder / clip.path, hashes, embedder, cache)
        parts.append(windows)
        owners += [index] * len(windows)
    if not parts:
        return ReferenceVoices()
    rows = np.concatenate(parts)
    return ReferenceVoices(rows[:, :-1], np.array(owners, np.int32), rows[:, -1])


def _clips(cast: Cast) -> Iterator[tuple[int, ReferenceClip]]:
    for index, character in enumerate(cast.character):
        for clip in character.references:
            yield index, clip


def _windows(
    clip: ReferenceClip, path: Path, hashes: dict[Path, str], embedder: str, cache: Path
) -> NDArray[np.float32]:
    """Return a clip's voices, float32 `(num_windows, dimension + 1)`, with the seconds of each in the last column."""
    model = fingerprint("speaker-embedder", embedder)
    identity = f"{hashes.get(path)}|{clip.start}|{clip.end}|{model}|windows"
    kept = cache / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.f32"
    if data := read_sealed(kept):
        numbers = np.frombuffer(data, np.float32)
        return numbers[1:].reshape(-1, int(numbers[0]))
    rows = _embedded(clip, path, embedder)
    write_sealed(kept, np.append(np.float32(rows.shape[1]), rows).astype(np.float32).tobytes())
    return rows


def _embedded(clip: ReferenceClip, path: Path, embedder: str) -> NDArray[np.float32]:
    waveform = read_clip(path, clip.start, clip.end, SAMPLE_RATE)
    edges = np.linspace(0, len(waveform), _count(len(waveform) / SAMPLE_RATE) + 1).astype(int)
    pieces = [waveform[first:last] for first, last in itertools.pairwise(edges.tolist())]
    model: SpeakerEmbedder = load_model("speaker-embedder", embedder)
    voices = model.embed(pieces, weighted=True)
    seconds = np.array([len(piece) / SAMPLE_RATE for piece in pieces], np.float32)
    return np.column_stack([voices, np.minimum(seconds, WINDOW)]).astype(np.float32)


def _count(seconds: float) -> int:
    """Return into how many windows a clip is cut."""
    return min(max(1, round(seconds / WINDOW)), MOST_WINDOWS)
