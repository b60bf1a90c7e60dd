"""What lies beside a media file: subtitles, a script, the cast of its show.

Subtitles: `<stem>.srt`, `<stem>.en.sdh.ass`, also in `Subs/` or `Subs/<stem>/`. Scripts: `<stem>.script.txt`,
`<stem>.transcript.txt`, `<stem>.txt`. One `cast.toml` in the folder of the show or any above it, to the input folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiorole.types import SubtitleSource

SUBTITLES = frozenset({".srt", ".ass", ".ssa", ".vtt", ".ttml", ".sub", ".idx", ".sup", ".smi"})
SUBTITLE_FOLDERS = frozenset({"subs", "subtitles", "sub"})
SCRIPTS = (".script.txt", ".transcript.txt", ".txt")
SDH_TAGS = frozenset({"sdh", "cc", "hi"})


def subtitle_files(media: Path, inputs: Path) -> list[SubtitleSource]:
    """Return the subtitle files of `media`, shortest name first, with what their names say of them."""
    found = sorted(_sidecars(media), key=lambda path: (len(path.name), str(path)))
    return [_source(path, media, inputs) for path in found]


def script_file(media: Path) -> Path | None:
    """Return the script or transcript of `media`."""
    candidates = (media.with_name(media.stem + suffix) for suffix in SCRIPTS)
    return next((path for path in candidates if path.is_file()), None)


def cast_file(media: Path, inputs: Path) -> Path | None:
    """Return the nearest `cast.toml` from the media's folder up to the input folder."""
    for folder in media.parents:
        if (folder / "cast.toml").is_file():
            return folder / "cast.toml"
        if folder == inputs:
            break
    return None


def _source(path: Path, media: Path, inputs: Path) -> SubtitleSource:
    tags = [tag for tag in path.stem.lower().removeprefix(media.stem.lower()).split(".") if tag]
    codes = [tag for tag in tags if len(tag) in (2, 3) and tag.isalpha() and tag not in SDH_TAGS]
    return SubtitleSource(
        path=str(path.relative_to(inputs)),
        format=path.suffix.lower()[1:],
        language=codes[0] if codes else "",
        forced="forced" in tags,
        sdh=bool(SDH_TAGS & set(tags)),
    )


def _sidecars(media: Path) -> Iterator[Path]:
    for path in media.parent.iterdir():
        if path.suffix.lower() in SUBTITLES and _belongs(path, media):
            yield path
        if path.is_dir() and path.name.lower() in SUBTITLE_FOLDERS:
            yield from (p for p in path.iterdir() if p.suffix.lower() in SUBTITLES and _belongs(p, media))
            own = path / media.stem
            yield from (p for p in own.iterdir() if p.suffix.lower() in SUBTITLES) if own.is_dir() else ()


def _belongs(path: Path, media: Path) -> bool:
    return path.stem == media.stem or path.name.startswith(f"{media.stem}.")
