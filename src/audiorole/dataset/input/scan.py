"""Find the episodes of a folder, and give them ids that sort in time.

Understood: `Show.S01E02.mkv`, `Show 1x02.mp4`, `Show/Season 1/02 - Title.mkv`, or any name at all.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.cast import clip_paths, read_cast
from audiorole.errors import InputError, UserError
from audiorole.types import Source

VIDEO = frozenset({".mkv", ".mp4", ".m4v", ".mov", ".avi", ".webm", ".ts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv"})
AUDIO = frozenset({".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".oga", ".mka", ".ac3", ".eac3", ".dts"})

_NUMBERED = re.compile(r"^(?P<show>.*?)[\s._\-\[(]*s(?P<season>\d{1,2})[\s._\-]*e(?P<episode>\d{1,3})(?!\d)", re.I)
_CROSSED = re.compile(r"^(?P<show>.*?)[\s._\-\[(]*(?<!\d)(?P<season>\d{1,2})x(?P<episode>\d{2,3})(?!\d)", re.I)
_SEASON = re.compile(r"^(?:season|series|staffel|saison|temporada)[\s._\-]*(?P<season>\d{1,2})$", re.I)
_LEADING = re.compile(r"^(?:episode|ep|folge|e)?[\s._\-]*(?P<episode>\d{1,3})(?!\d)", re.I)

SLUG_BYTES = 80
"""Longest part of an id: file systems take names of 255 bytes, and a published file's has two parts and endings."""


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


def scan(target: Path, out: Path | None = None) -> Scan:
    """Return the episodes under `target`, a folder or one media file; `out` inside it is left out.

    What looks like media and cannot be taken is in `skipped`. Raises InputError where there are no episodes.
    """
    if not target.exists():
        raise InputError(str(target), "no such file or folder")
    root = target if target.is_dir() else target.parent
    skipped: list[Skipped] = []
    media = sorted(_media_files(target, out, skipped)) if target.is_dir() else [target]
    if not media:
        known = ", ".join(sorted(ext[1:] for ext in VIDEO | AUDIO))
        why = f"; skipped {skipped[0].path}: {skipped[0].reason}" if skipped else f"; known endings: {known}"
        raise InputError(str(target), f"no media files in this folder{why}")
    sources, doubles = _unique(root, media)
    return Scan(root, tuple(sorted(sources, key=lambda source: source.id)), (*skipped, *doubles))


def check_casts(found: Scan) -> None:
    """Read every cast file and look for its clips before hours of work begin. Raises InputError."""
    files = {cast_file(found.root / source.media, found.root) for source in found.sources}
    for path in sorted(path for path in files if path):
        for clip in clip_paths(read_cast(path), path.parent):
            if not clip.is_file():
                raise InputError(str(path), f"the clip {clip.name!r} that it names is not there")


def _media_files(folder: Path, out: Path | None, skipped: list[Skipped]) -> Iterator[Path]:
    """Yield what has a media ending, with what is behind links; note in `skipped` what cannot be taken."""
    clips = {clip for cast in folder.rglob("cast.toml") for clip in _whole_clips(cast)}
    for path in _files(folder, out, skipped):
        if path.suffix.lower() not in VIDEO | AUDIO or path.resolve() in clips:
            continue
        if fault := _fault(path):
            skipped.append(Skipped(_printable(path.relative_to(folder)), fault))
        else:
            yield path


def _files(folder: Path, out: Path | None, skipped: list[Skipped]) -> Iterator[Path]:
    """Yield files that are not hidden; linked folders are entered once, however their links run in circles."""

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(_printable(Path(error.filename)), f"cannot be read ({error.strerror})"))

    seen = {out.resolve()} if out else set()
    for here, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        real = Path(here).resolve()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here) / name for name in names if not name.startswith("."))


def _fault(path: Path) -> str:
    """Return why a file cannot be an episode, or ""."""
    if not path.exists():
        return "a link to nothing"
    if not path.is_file():
        return "not a regular file"
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid UTF-8; rename it"
    return ""


def _printable(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


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
        identity = episode_id(path, root)
        if identity in groups and not _number(path) and groups[identity][0].stem != path.stem:
            identity += f"-{_short_hash(path.stem)}"  # names that differ in signs only: two episodes all the same
        groups.setdefault(identity, []).append(path)
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
    show = slug(_show_name(path)) or slug(_show_folder(path, root)) or "series"
    return f"{show}/{_number(path) or slug(path.stem) or f'episode-{_short_hash(path.stem)}'}"


def _show_name(path: Path) -> str:
    match = _NUMBERED.match(path.stem) or _CROSSED.match(path.stem)
    return match["show"] if match else ""


def _number(path: Path) -> str:
    """Return `s01e02` where the file's name, or its folder's, gives the numbers."""
    if match := _NUMBERED.match(path.stem) or _CROSSED.match(path.stem):
        return f"s{int(match['season']):02d}e{int(match['episode']):02d}"
    season, leading = _SEASON.match(path.parent.name), _LEADING.match(path.stem)
    return f"s{int(season['season']):02d}e{int(leading['episode']):02d}" if season and leading else ""


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
    full = "-".join(re.findall(r"[^\W_]+", plain))
    if len(full.encode()) <= SLUG_BYTES:
        return full
    return f"{full.encode()[: SLUG_BYTES - 9].decode('utf-8', 'ignore')}-{_short_hash(full)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _relative(path: Path, root: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError as error:
        raise UserError(f"{path} lies outside {root}.") from error
