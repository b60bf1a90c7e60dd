"""Find the episodes of a folder, and give them ids that sort in time.

Understood: `Show.S01E02.mkv`, `Show 1x02.mp4`, `Show/Season 1/02 - Title.mkv`, `Show - 012.mkv`, or any name at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.dataset.input.beside import SUBTITLES, cast_file, script_ending
from audiorole.dataset.input.cast import read_cast
from audiorole.dataset.input.cast_faults import refused
from audiorole.dataset.input.clips import LONGEST_WHOLE, clip_fault, placed_clips
from audiorole.dataset.input.content import AUDIO, VIDEO, by_content, content
from audiorole.dataset.input.extras import extra_reason, short_ones
from audiorole.dataset.input.folders import printable
from audiorole.dataset.input.ids.placed import Placed, episode_id, placed
from audiorole.dataset.input.ids.unique import unique_ids
from audiorole.errors import InputError, UserError
from audiorole.types import Source


@dataclass(frozen=True)
class Skipped:
    """A media file that is not built, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """What a folder holds. root: what the paths are relative to. unused: see `leftovers`, which finds them."""

    root: Path
    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    unused: tuple[Skipped, ...] = ()


def scan(target: Path, out: Path | None = None) -> Scan:
    """Return the episodes under `target`, a folder or one media file; `out` inside it is left out.

    What looks like media and cannot be taken is in `skipped`. Raises InputError where there are no episodes.
    """
    if not target.exists():
        raise InputError(str(target), "no such file or folder")
    root = target if target.is_dir() else target.parent
    if not target.is_dir() and (fault := _fault(target)):
        raise InputError(printable(str(target)), fault)
    skipped: list[Skipped] = []
    media = sorted(_media_files(target, out, skipped)) if target.is_dir() else [target]
    if not media:
        known = ", ".join(sorted(ext[1:] for ext in VIDEO | AUDIO))
        why = f"; skipped {skipped[0].path}: {skipped[0].reason}" if skipped else f"; known endings: {known}"
        raise InputError(str(target), f"no media files in this folder{why}")
    if target.is_dir():
        sources, left = _episodes(root, media)
    else:
        sources, left = [Source(id=episode_id(target, root), media=_relative(target, root))], []
    if not sources:
        raise InputError(str(target), f"holds no episodes; skipped {left[0].path}: {left[0].reason}")
    return Scan(root, tuple(sorted(sources, key=lambda source: source.id)), (*skipped, *left))


def check_casts(found: Scan, anywhere: bool = False) -> None:
    """Read every cast file and look for its clips before hours of work begin.

    anywhere: clips may lie outside the folder of their cast file. Raises InputError.
    """
    for path in cast_files(found):
        for place, clip in placed_clips(read_cast(path)):
            if fault := clip_fault(path.parent, clip, anywhere):
                raise refused(path, place, fault)


def cast_files(found: Scan) -> list[Path]:
    """Return the cast files that the episodes use, sorted."""
    files = {cast_file(found.root / source.media, found.root) for source in found.sources}
    return sorted(path for path in files if path)


def _media_files(folder: Path, out: Path | None, skipped: list[Skipped]) -> Iterator[Path]:
    """Yield what has a media ending, with what is behind links; note in `skipped` what cannot be taken."""
    files = list(listed_files(folder, out, skipped))
    clips = {clip for cast in files if cast.name == "cast.toml" for clip in _whole_clips(cast)}
    for path in files:
        media = path.suffix.lower() in VIDEO | AUDIO
        if fault := _fault(path) if media or _is_read(path) else "":
            skipped.append(Skipped(printable(str(path.relative_to(folder))), fault))
        elif media and path.resolve() not in clips:
            yield path


def _is_read(path: Path) -> bool:
    """Return whether a file beside media may be opened: a cast, a subtitle, a script."""
    return path.name == "cast.toml" or path.suffix.lower() in SUBTITLES or bool(script_ending(path))


def listed_files(folder: Path, out: Path | None = None, skipped: list[Skipped] | None = None) -> Iterator[Path]:
    """Yield files that are not hidden; linked folders are entered once, however their links run in circles.

    A link to a folder that the input folder lies in is not entered: that would be the whole disk. out: left out;
    skipped: gets the folders that cannot be read or are not entered.
    """

    def refuse(path: str, why: str) -> None:
        if skipped is not None:
            skipped.append(Skipped(printable(path), why))

    def unreadable(error: OSError) -> None:
        refuse(str(error.filename), f"cannot be read ({error.strerror})")

    seen, above = {out.resolve()} if out else set(), set(folder.resolve().parents)
    for here, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        real = Path(here).resolve()
        if real in above:
            refuse(os.path.relpath(here, folder), "a link to a folder that the input folder lies in")
        if real in seen or real in above:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here) / name for name in names if not name.startswith("."))


BAD_NAME = "its name is not valid UTF-8; rename it"


def _fault(path: Path) -> str:
    """Return why a file cannot be read, or ""."""
    return BAD_NAME if printable(str(path)) != str(path) else not_regular(path)


def _whole_clips(path: Path) -> set[Path]:
    """Return the files that a cast file uses whole: voices of characters, no episodes."""
    try:
        cast = read_cast(path)
    except UserError:  # the stage that needs the cast says what is wrong with it
        return set()
    clips = [path.parent / clip.path for _, clip in placed_clips(cast) if clip.end is None and not clip.start]
    return {clip.resolve() for clip in clips if content(clip).seconds <= LONGEST_WHOLE}


def _episodes(root: Path, media: list[Path]) -> tuple[list[Source], list[Skipped]]:
    """Return one source per id, and what is an extra or another copy of an episode."""
    extras = {path: reason for path in media if (reason := extra_reason(path, root))}
    files = [placed(path, root) for path in media if path not in extras]
    extras |= _clips(files)
    kept, copies = unique_ids([file for file in files if file.path not in extras], by_content)
    skipped = [Skipped(_relative(path, root), reason) for path, reason in (*extras.items(), *copies)]
    return [Source(id=identity, media=_relative(path, root)) for identity, path in kept], skipped


def _clips(files: list[Placed]) -> dict[Path, str]:
    """Return the short files without a number, in folders where others have one; only those are looked into."""
    found: dict[Path, str] = {}
    for folder in {file.folder for file in files}:
        here = [file for file in files if file.folder == folder]
        numbered = [file.path for file in here if file.numbers.code]
        others = [file.path for file in here if not file.numbers.code]
        if numbered and others:
            found |= short_ones(others, numbered, {path: content(path).seconds for path in (*numbered, *others)})
    return found


def _relative(path: Path, root: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError as error:
        raise UserError(f"{path} lies outside {root}.") from error
