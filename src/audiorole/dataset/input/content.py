"""A look inside media files, where their names leave open which of them is the episode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorole.audio.media import inspect
from audiorole.errors import InputError

VIDEO = frozenset({".mkv", ".mp4", ".m4v", ".mov", ".avi", ".webm", ".ts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"})
AUDIO = frozenset({".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".oga", ".mka", ".ac3", ".eac3", ".dts"})


@dataclass(frozen=True)
class Content:
    """What a file holds. readable: False where nothing can be said of the rest. seconds: 0 where not stated."""

    readable: bool
    sound: bool = False
    seconds: float = 0.0


def content(path: Path) -> Content:
    """Look into the header of `path`; a file that is no media is found out when it is built."""
    try:
        info = inspect(path)
    except InputError:
        return Content(readable=False)
    return Content(readable=True, sound=bool(info.audio), seconds=info.duration)


def by_content(paths: list[Path]) -> list[tuple[Path, str]]:
    """Put files of one episode in order, best first: with sound, not much shorter than another, video, the larger.

    The word with each but the first says why it is not built.
    """
    if len(paths) == 1:
        return [(paths[0], "")]
    found = {path: content(path) for path in paths}
    longest = max(item.seconds for item in found.values())

    def rank(path: Path) -> tuple[bool, bool, bool, bool, int, str]:
        inside = found[path]
        silent = inside.readable and not inside.sound
        short = inside.seconds < SHORT * longest
        return not inside.readable, silent, short, path.suffix.lower() not in VIDEO, -size_of(path), str(path)

    best, *others = sorted(paths, key=rank)
    return [(best, ""), *((path, _against(found[path], found[best], best)) for path in others)]


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 where it is gone: somebody may tidy up while a folder is looked through."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


SHORT = 0.5
"""Of two files of one episode, one of less than half the length is a sample of the other."""


def _against(other: Content, best: Content, built: Path) -> str:
    if other.readable and not other.sound:
        return f"holds no sound; the episode is {built.name}"
    if 0 < other.seconds < SHORT * best.seconds:
        return f"same episode as {built.name}, but only {other.seconds:.0f} of its {best.seconds:.0f} s"
    return f"same episode as {built.name}"
