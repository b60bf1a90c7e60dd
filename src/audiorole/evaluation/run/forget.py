"""Forgetting a system's replies, so that it is asked anew: nothing else goes, and nothing outside is touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from audiorole.core.disk import TEMPORARY
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.run.files import read_claim

HALF = rf"(\.\d+{re.escape(TEMPORARY)})?"
OURS = {
    "replies": re.compile(rf".+\.\d+\.(json|flac){HALF}"),
    "rows": re.compile(rf"\d+\.(jsonl|sha256){HALF}"),
    "timing": re.compile(rf"\d+\.jsonl{HALF}"),
}
"""What a run writes below a system's folder: names of the files in each of its folders."""


def forget(out: Path, *labels: str) -> None:
    """Remove the replies, rows and timings of the systems `labels` from `out`; files that no run wrote stay.

    Raises ConfigError, before anything is removed, where `out` holds no system of that label: a path is none.
    """
    known = _systems(out)
    for label in labels:
        if label not in known:
            held = ", ".join(sorted(known)) or "none"
            raise ConfigError(f"{out} holds no system {label!r} to ask again; it holds: {held}.")
    for label in labels:
        _forget(known[label])


def clean_interrupted(out: Path) -> None:
    """Remove what a killed run left half-written in `out` and in its systems' folders, a system's first file too."""
    nested = [path for folder in _systems(out).values() for path in _own_files(folder) if path.name.endswith(TEMPORARY)]
    for path in (
        *nested,
        *(path for place in (out, *_folders(out)) for path in place.glob(f"*.json.[0-9]*{TEMPORARY}")),
    ):
        path.unlink(missing_ok=True)


def _systems(out: Path) -> dict[str, Path]:
    """Return label → folder of the systems that a run made in `out`."""
    return {path.name: path for path in _folders(out) if _is_claimed(path)}


def _folders(out: Path) -> list[Path]:
    """Return the folders where systems lie; links lead elsewhere and are none."""
    root = out / "systems"
    if root.is_symlink() or not root.is_dir():
        return []
    return [path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink()]


def _is_claimed(folder: Path) -> bool:
    """Return whether a run's claim lies in `folder`, damaged or not."""
    claim = folder / "system.json"
    try:
        read_claim(claim)
    except InputError:
        return not claim.is_symlink()
    except OSError:
        return False
    return not claim.is_symlink()


def _forget(folder: Path) -> None:
    """Remove our files, the rows first, then our folders where nothing else is left in them."""
    for path in _own_files(folder):
        path.unlink(missing_ok=True)
    (folder / "system.json").unlink()
    for name in OURS:
        if not (folder / name).is_symlink():
            for root, _, _ in os.walk(folder / name, topdown=False):
                _remove_empty(Path(root))
    _remove_empty(folder)


def _own_files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` that a run wrote; no link is followed."""
    for name, pattern in reversed(OURS.items()):
        if (folder / name).is_symlink():
            continue
        for root, _, files in os.walk(folder / name):
            for file in sorted(files):
                path = Path(root) / file
                if pattern.fullmatch(file) and not path.is_symlink():
                    yield path


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
