"""Find the episodes of a folder, and give them ids that sort in time.

Understood: `Show.S01E02.mkv`, `Show 1x02.mp4`, `Show/Season 1/02 - Title.mkv`, or any name at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.cast import read_cast
from audiorole.errors import InputError, UserError
from audiorole.types import Source

VIDEO = frozenset({".mkv", ".mp4", ".m4v", ".mov", ".avi", ".webm", ".ts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"})
AUDIO = frozenset({".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".oga", ".mka", ".ac3", ".eac3", ".dts"})

_NUMBERED = re.compile(r"^(?P<show>.*?)[\s._\-\[(]*s(?P<season>\d{1,2})[\s._\-]*e(?P<episode>\d{1,3})(?!\d)", re.I)
_CROSSED = re.compile(r"^(?P<show>.*?)[\s._\-\[(]*(?<!\d)(?P<season>\d{1,2})x(?P<episode>\d{2,3})(?!\d)", re.I)
_SEASON = re.compile(r"^(?:season|series|staffel|saison|temporada)[\s._\-]*(?P<season>\d{1,2})$", re.I)
_LEADING = re.compile(r"^(?:episode|ep|folge|e)?[\s._\-]*(?P<episode>\d{1,3})(?!\d)", re.I)


@dataclass(frozen=True)
class Skipped:
    """A media file that is not built, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """What a folder holds. root: what the paths are relative to."""

    root: Path
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]


def scan(target: Path) -> Scan:
    """Return the episodes under `target`, a folder or one media file. Raises InputError where there are none."""
    if not target.exists():
        raise InputError(str(target), "no such file or folder")
    root = target if target.is_dir() else target.parent
    media = sorted(_media_files(target)) if target.is_dir() else [target]
    if not media:
        known = ", ".join(sorted(ext[1:] for ext in VIDEO | AUDIO))
        raise InputError(str(target), f"no media files in this folder; known endings: {known}")
    sources, skipped = _unique(root, media)
    return Scan(root, tuple(sorted(sources, key=lambda source: source.id)), tuple(skipped))


def _media_files(folder: Path) -> Iterator[Path]:
    clips = {clip for cast in folder.rglob("cast.toml") for clip in _whole_clips(cast)}
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in VIDEO | AUDIO and path.is_file() and not hidden and path.resolve() not in clips:
            yield path


def _whole_clips(path: Path) -> set[Path]:
    """Return the files that a cast file uses whole: voices of characters, no episodes."""
    try:
        cast = read_cast(path)
    except UserError:  # the stage that needs the cast says what is wrong with it
        return set()
    clips = (clip for character in cast.character for clip in character.references)
    return {(path.parent / clip.path).resolve() for clip in clips if clip.end is None}


def _unique(root: Path, media: list[Path]) -> tuple[list[Source], list[Skipped]]:
    """Return one source per id; of several files for one episode, video wins, then the larger file."""
    groups: dict[str, list[Path]] = {}
    for path in media:
        groups.setdefault(episode_id(path, root), []).append(path)
    sources, skipped = [], []
    for identity, paths in groups.items():
        best, *others = sorted(paths, key=lambda p: (p.suffix.lower() not in VIDEO, -p.stat().st_size, str(p)))
        skipped += [Skipped(_relative(path, root), f"same episode as {_relative(best, root)}") for path in others]
        sources.append(Source(id=identity, media=_relative(best, root)))
    return sources, skipped


def episode_id(path: Path, root: Path) -> str:
    """Return the id of a media file.

    >>> episode_id(Path("in/My.Show.S01E02.1080p.mkv"), Path("in"))
    'my-show/s01e02'
    >>> episode_id(Path("in/My Show/Season 2/07 - Gone.mkv"), Path("in"))
    'my-show/s02e07'
    >>> episode_id(Path("in/pilot.wav"), Path("in"))
    'in/pilot'
    """
    for pattern in (_NUMBERED, _CROSSED):
        if match := pattern.match(path.stem):
            show = slug(match["show"]) or slug(_show_folder(path, root))
            return f"{show}/s{int(match['season']):02d}e{int(match['episode']):02d}"
    season, leading = _SEASON.match(path.parent.name), _LEADING.match(path.stem)
    if season and leading:
        return f"{slug(_show_folder(path, root))}/s{int(season['season']):02d}e{int(leading['episode']):02d}"
    return f"{slug(_show_folder(path, root))}/{slug(path.stem)}"


def _show_folder(path: Path, root: Path) -> str:
    folder = path.parent
    while _SEASON.match(folder.name) and folder != root:
        folder = folder.parent
    return folder.resolve().name or "series"


def slug(text: str) -> str:
    """Return `text` as a safe part of a path and an id: letters and digits of any script, joined by '-'.

    >>> slug("Tom & Jérôme: 2"), slug("../..")
    ('tom-jérôme-2', '')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    return "-".join(re.findall(r"[^\W_]+", plain))[:80]


def _relative(path: Path, root: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError as error:
        raise UserError(f"{path} lies outside {root}.") from error
