"""Give media files the ids of their episodes: one id a file; parts of an episode and shows of one name told apart."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from audiorole.dataset.input.release.numbering import Numbers, SeasonFolder, read_name, season_folder, without_noise

SLUG_BYTES = 80
"""Longest part of an id: file systems take names of 255 bytes, and a published file's has two parts and endings."""

_DISC = re.compile(r"(?P<show>.*?)[\s._\-]*(?:cd|dis[ck]|dvd|vol(?:ume)?)[\s._\-]*\d{1,2}", re.IGNORECASE)
_TELLS_APART = re.compile(r"[a-z]{2}|uk|us|usa|(?:19|20)\d\d")
"""What is written behind a title to tell two shows apart: a country or a year."""


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
        stem = _bare(self.path.stem)
        return self.numbers.code or slug(stem) or f"episode-{_short_hash(stem)}"

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
        found = season_folder(folder.name)
        season = season or found
        if not (found or _DISC.fullmatch(folder.name)):
            break
        if folder == root:
            above = folder.resolve().parent
            return (above if above.name else folder.resolve()), season
        folder = folder.parent
    return folder.resolve() if folder == root else folder, season


Reasons = list[tuple[Path, str]]


def unique_ids(
    files: Sequence[Placed], ranked: Callable[[list[Path]], Reasons]
) -> tuple[list[tuple[str, Path]], Reasons]:
    """Return [(id, path)] with every id once, and [(path, reason)] of files that are another copy of an episode.

    ranked: puts files of one episode in order, the one to build first, and says what is against each of the others.
    """
    kept: list[tuple[str, Path]] = []
    left: Reasons = []
    groups: dict[str, list[Placed]] = defaultdict(list)
    for file in _hundreds(_apart(_counted(files))):
        groups[file.id].append(file)
    for identity, members in groups.items():
        for name, copies in _told_apart(identity, members):
            (first, _), *others = ranked([file.path for file in copies])
            kept.append((name, first))
            left += others
    return _numbered_twice(kept), left


_COUNTED = re.compile(r"(?P<title>.*[^\W\d_])[\s._]*[-–#]?[\s._]*(?<![^\W_])(?P<episode>\d{1,4})")


def _counted(files: Sequence[Placed]) -> list[Placed]:
    """Read `Red Door 1`, `Red Door 2` beside `Blue Tower 1`, `Blue Tower 2` as episodes of two shows.

    Only where a folder holds two such titles: of one title alone the folder is the show.
    """
    titles: dict[tuple[Path, str], dict[int, Placed]] = defaultdict(dict)
    for file in files:
        match = None if file.numbers.code else _COUNTED.fullmatch(without_noise(file.path.stem))
        if match:
            titles[file.path.parent, slug(match["title"])][int(match["episode"])] = file
    shows = {key: members for key, members in titles.items() if len(members) > 1}
    several = {folder for folder, _ in shows if sum(folder == other for other, _ in shows) > 1}
    changed = {
        file.path: replace(file, show=show, numbers=replace(file.numbers, episode=number))
        for (folder, show), members in shows.items()
        if folder in several
        for number, file in members.items()
    }
    return [changed.get(file.path, file) for file in files]


def _apart(files: list[Placed]) -> list[Placed]:
    """Give shows of one name in several folders names of their own, where a country or year or their numbers differ."""
    shows: dict[str, dict[str, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        shows[file.show][file.label].append(file)
    renamed = {}
    for show, folders in shows.items():
        for folder, members in folders.items():
            if len(folders) > 1 and (_marked(folder, show) or _collides(folder, folders)):
                name = folder if folder.startswith(show) else slug(f"{show} {folder}")
                renamed.update({file.path: name for file in members if not file.loose})
    return [replace(file, show=renamed.get(file.path, file.show)) for file in files]


def _marked(folder: str, show: str) -> bool:
    rest = folder.removeprefix(f"{show}-")
    return rest != folder and bool(_TELLS_APART.fullmatch(rest))


def _collides(folder: str, folders: dict[str, list[Placed]]) -> bool:
    codes = {file.code for file in folders[folder]}
    return any(codes & {file.code for file in members} for name, members in folders.items() if name != folder)


def _hundreds(files: list[Placed]) -> list[Placed]:
    """Read `101 - Pilot`, `102 - Home` in the folder of season 1 as episodes 1 and 2: all of its numbers must agree."""
    seasons: dict[tuple[Path, int], list[Placed]] = defaultdict(list)
    for file in files:
        seasons[file.path.parent, file.numbers.season].append(file)
    changed: list[Placed] = []
    for (_, season), members in seasons.items():
        numbers = [file.numbers.episode for file in members]
        if season > 0 and all(number // 100 == season and number % 100 for number in numbers):
            members = [replace(x, numbers=replace(x.numbers, episode=x.numbers.episode % 100)) for x in members]
        changed += members
    return changed


def _told_apart(identity: str, members: list[Placed]) -> Iterable[tuple[str, list[Placed]]]:
    """Yield (id, copies): parts of one episode and files of other folders are no copies of each other."""
    if len(members) == 1:
        yield identity, members
        return
    groups: dict[str, list[Placed]] = defaultdict(list)
    titles = _titles(members)
    discs = len({file.path.parent for file in members}) > 1
    for file in members:
        part = f"-part{file.numbers.part}" if file.numbers.part else titles.get(file.path, "")
        home = f"-{slug(file.path.parent.name)}" if discs and _DISC.fullmatch(file.path.parent.name) else ""
        name = "" if file.numbers.code else f"-{_short_hash(_bare(file.path.stem))}"
        groups[f"{home}{part}{name}"].append(file)
    plain = len(groups) == 1
    for index, (suffix, copies) in enumerate(groups.items()):
        unnamed = not copies[0].numbers.code and index == 0  # the first of `pilot!`, `pilot?` keeps the plain id
        yield (identity if plain or unnamed else f"{identity}{suffix}"), copies


def _titles(members: list[Placed]) -> dict[Path, str]:
    """Return the titles behind the numbers where they tell files of one number apart: `01 - Home`, `01 - Away`.

    Names with marks of a release are copies of each other in several qualities, and so are titles that go on.
    """
    titles = {file.path: slug(file.numbers.rest) for file in members}
    if any(without_noise(file.path.stem) != file.path.stem for file in members) or not all(titles.values()):
        return {}
    pairs = combinations(titles.values(), 2)
    apart = all(not one.startswith(other) and not other.startswith(one) for one, other in pairs)
    return {path: f"-{title}" for path, title in titles.items()} if apart else {}


def _bare(stem: str) -> str:
    """Return a name without the marks of a downloader (`.f137`): the picture and the sound of one film are one."""
    return re.sub(r"\.f\d{2,3}$", "", unicodedata.normalize("NFC", stem))


def _numbered_twice(kept: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Make sure of it: whatever still has an id that is taken gets one of its own."""
    seen: set[str] = set()
    unique = []
    for identity, path in kept:
        name = f"{identity}-{_short_hash(str(path))}" if identity in seen else identity
        seen.add(name)
        unique.append((name, path))
    return unique


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
