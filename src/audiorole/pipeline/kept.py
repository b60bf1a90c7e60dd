"""Earlier results of a shard, kept so that a parameter which is changed back costs nothing.

    05-segment/kept/show/s01e02/<digest>/     a stage folder of its own: outputs and marker, as hard links

The marker is linked last and goes first, so a kill at any moment leaves a whole generation or one that does not count.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from audiorole.pipeline.store import StageFolder

GENERATIONS = 2
"""Earlier results kept per shard and stage: trying two other settings and coming back. Each costs its size on disk."""


def retire(folder: StageFolder, shard: str) -> None:
    """Take the result of `shard` off its place; where it is finished, keep it."""
    _keep(folder, shard)
    folder.forget(shard)
    _prune(_home(folder, shard))


def restore(folder: StageFolder, shard: str, digest: str) -> bool:
    """Put the result that `shard` had under `digest` back into its place; False where it is not kept."""
    if not is_kept(folder, shard, digest):
        return False
    generation = StageFolder(_home(folder, shard) / digest)
    _keep(folder, shard)
    folder.forget(shard)
    _link(generation, folder, shard)
    shutil.rmtree(generation.path)
    _prune(_home(folder, shard))
    return True


def is_kept(folder: StageFolder, shard: str, digest: str) -> bool:
    """Return True where `restore` would succeed."""
    return StageFolder(_home(folder, shard) / digest).finished(shard, digest) is not None


def discard(folder: StageFolder, shard: str) -> None:
    """Remove `shard` with all its earlier results."""
    folder.forget(shard)
    shutil.rmtree(_home(folder, shard), ignore_errors=True)


def kept_shards(folder: StageFolder) -> set[str]:
    """Return the shards of which earlier results are kept."""
    root = folder.path / "kept"
    return {str(path.relative_to(root)) for path in root.glob("*/*")}


def _home(folder: StageFolder, shard: str) -> Path:
    return folder.path / "kept" / shard


def _keep(folder: StageFolder, shard: str) -> None:
    marker = folder.read_marker(shard)
    if marker is None or not folder.finished(shard, marker.digest):
        return
    generation = StageFolder(_home(folder, shard) / marker.digest)
    shutil.rmtree(generation.path, ignore_errors=True)
    try:
        _link(folder, generation, shard)
    except OSError:  # a file system without hard links: nothing is kept, changing back computes again
        shutil.rmtree(generation.path, ignore_errors=True)


def _link(source: StageFolder, target: StageFolder, shard: str) -> None:
    """Give the outputs of `shard` and then its marker a second name in `target`."""
    marker = source.read_marker(shard)
    names = sorted(marker.outputs) if marker else []
    for name in (*names, str(source.marker(shard).relative_to(source.path))):
        path = target.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.link(source.path / name, path)


def _prune(home: Path) -> None:
    generations = sorted(home.iterdir(), key=lambda path: path.stat().st_mtime_ns) if home.is_dir() else []
    for path in generations[:-GENERATIONS]:
        shutil.rmtree(path)
