"""What the name and the folders of a media file say of its episode, and the id that comes of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audiorole.dataset.input.release.noise import without_noise
from audiorole.dataset.input.release.numbering import Numbers, read_name
from audiorole.dataset.input.release.seasons import SeasonFolder, season_folder

SLUG_BYTES = 80
"""Longest part of an id: file systems take names of 255 bytes, and a published file's has two parts and endings."""

DISC = re.compile(r"(?P<show>.*?)[\s._\-]*(?:cd|dis[ck]|dvd|vol(?:ume)?)[\s._\-]*\d{1,2}", re.IGNORECASE)
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Placed:
    """A media file with what its name and folders say. show: slug of the title; folder: of the show.

    label: slug of what the folders call the show. loose: in the input folder itself, which need not be a show's.
    """

    path: Path
    show: str
    folder: Path
    numbers: Numbers
    label: str = ""
    loose: bool = False

    @property
    def code(self) -> str:
        """The part of the id after the slash, before parts are told apart."""
        stem = bare_stem(self.path.stem)
        return self.numbers.code or slug(stem) or f"episode-{short_hash(stem)}"

    @property
    def id(self) -> str:
        """`show/s01e02`."""
        return f"{self.show}/{self.code}"


def episode_id(path: Path, root: Path) -> str:
    """Return the id of a media file by itself.

    >>> episode_id(Path("in/My.Show.S01E02.1080p.mkv"), Path("in"))
    'my-show/s01e02'
    >>> episode_id(Path("in/My Show/Season 2/07 - Gone.mkv"), Path("in"))
    'my-show/s02e07'
    >>> episode_id(Path("in/pilot.wav"), Path("in"))
    'in/pilot'
    """
    return placed(path, root).id


@lru_cache(maxsize=1 << 16)
def placed(path: Path, root: Path) -> Placed:
    """Read the numbers of `path` and the show that it belongs to."""
    folder, season = _show_folder(path, root)
    title = season.show if season and season.show else without_noise(folder.name)
    number = season.season if season else -1
    numbers = read_name(path.stem, title, number)
    if numbers.episode < 0 and path.parent != root:
        around = read_name(path.parent.name)  # `Show.S01E02.720p/abc.mkv`: the folder is the release
        numbers = around if around.season >= 0 and around.episode >= 0 else numbers
    show = slug(numbers.show) or slug(title) or "series"
    named = bool(season and season.show)
    return Placed(path, show, folder, numbers, slug(title), loose=folder == root.resolve() and not named)


def _show_folder(path: Path, root: Path) -> tuple[Path, SeasonFolder | None]:
    """Return the folder of the show and what a season's folder between it and the file says."""
    folder, season = path.parent, None
    while True:
        found = season_folder(folder.name) or _year_folder(folder, root)
        season = season or found
        if not (found or DISC.fullmatch(folder.name)):
            break
        if folder == root:
            above = folder.resolve().parent
            return (above if above.name else folder.resolve()), season
        folder = folder.parent
    return folder.resolve() if folder == root else folder, season


def _year_folder(folder: Path, root: Path) -> SeasonFolder | None:
    """Return the season of `Show/2019`, a year inside a show's folder."""
    inside = folder != root and folder.parent != root and _YEAR_ALONE.fullmatch(folder.name)
    return SeasonFolder("", int(folder.name)) if inside else None


def bare_stem(stem: str) -> str:
    """Return a name without the marks of a downloader (`.f137`): the picture and the sound of one film are one."""
    return re.sub(r"\.f\d{2,3}$", "", unicodedata.normalize("NFC", stem))


def slug(text: str) -> str:
    """Return `text` as a safe part of a path and an id: letters and digits of any script, joined by '-'.

    >>> slug("Tom & Jérôme: 2"), slug("../..")
    ('tom-jérôme-2', '')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    full = "-".join(re.findall(r"[^\W_]+", plain))
    if len(full.encode()) <= SLUG_BYTES:
        return full
    return f"{full.encode()[: SLUG_BYTES - 9].decode('utf-8', 'ignore')}-{short_hash(full)}"


def short_hash(text: str) -> str:
    """Return eight hexadecimal digits that stand for `text`."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
