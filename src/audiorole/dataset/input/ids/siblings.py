"""What a number in a file's name means, by the other files of its folder."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audiorole.dataset.input.ids.placed import Placed, slug
from audiorole.dataset.input.release.noise import without_noise

_COUNTED = re.compile(r"(?P<title>.*[^\W\d_])[\s._]*[-–#]?[\s._]*(?<![^\W_])(?P<episode>\d{1,4})")
_HUNDREDS = re.compile(r"(?:(?P<title>.*?[^\W\d_])[\s._\-–]+)?(?P<number>[1-9]\d{2,3})(?=$|[\s._\-–])")
_ALONE = re.compile(r"(?P<number>\d{1,3})(?=$|\s*[-–._)\]])")
_YEARS = range(1900, 2100)
_FIRST, _LAST = 3, 60
"""What counts as `SEE`, season and episode: every season of a folder begins by its third, and none has more."""


def beside_each_other(files: Sequence[Placed]) -> list[Placed]:
    """Return `files` with what only the company of a name tells of its season, episode and show."""
    return _specials(_alone(_hundreds(_seasons_in_numbers(_counted(files)))))


Numbered = dict[int, list[Placed]]
"""The files of each number: copies of one episode have the same."""


def _counted(files: Sequence[Placed]) -> list[Placed]:
    """Read `Red Door 1`, `Red Door 2` beside `Blue Tower 1`, `Blue Tower 2` as episodes of two shows.

    Only where a folder holds two such titles: of one title alone the folder is the show.
    """
    titles: dict[tuple[Path, str], Numbered] = defaultdict(lambda: defaultdict(list))
    for file in files:
        match = None if file.numbers.code else _COUNTED.fullmatch(without_noise(file.path.stem))
        if match:
            titles[file.path.parent, slug(match["title"])][int(match["episode"])].append(file)
    shows = {key: numbers for key, numbers in titles.items() if len(numbers) > 1 and not _are_seasons(numbers)}
    several = Counter(folder for folder, _ in shows)
    changed = {
        file.path: _as_episode(file, number, show)
        for (folder, show), numbers in shows.items()
        if several[folder] > 1
        for number, members in numbers.items()
        for file in members
    }
    return [changed.get(file.path, file) for file in files]


def _seasons_in_numbers(files: Sequence[Placed]) -> list[Placed]:
    """Read `show.101`, `show.102`, `show.201` and `101 - Pilot`, `102 - Home` as seasons and episodes."""
    titles: dict[tuple[Path, str], Numbered] = defaultdict(lambda: defaultdict(list))
    for file in files:
        match = None if file.numbers.code else _HUNDREDS.match(without_noise(file.path.stem))
        if match and int(match["number"]) not in _YEARS:
            titles[file.path.parent, slug(match["title"] or "")][int(match["number"])].append(file)
    changed = {
        file.path: _as_episode(file, number % 100, show, number // 100)
        for (_, show), numbers in titles.items()
        if _are_seasons(numbers)
        for number, members in numbers.items()
        for file in members
    }
    return [changed.get(file.path, file) for file in files]


def _are_seasons(members: Numbered) -> bool:
    """Return whether numbers of at least three figures are seasons and episodes: each season begins near its first."""
    seasons: dict[int, list[int]] = defaultdict(list)
    for number in members:
        seasons[number // 100].append(number % 100)
    near = all(1 <= min(episodes) <= _FIRST and max(episodes) <= _LAST for episodes in seasons.values())
    return len(members) > 1 and min(members) > 100 and near


def _as_episode(file: Placed, episode: int, show: str = "", season: int = -1) -> Placed:
    return replace(file, show=show or file.show, numbers=replace(file.numbers, season=season, episode=episode))


def _hundreds(files: Sequence[Placed]) -> list[Placed]:
    """Read `101 - Pilot`, `102 - Home` in the folder of season 1 as episodes 1 and 2: all of its numbers must agree."""
    seasons: dict[tuple[Path, int], list[Placed]] = defaultdict(list)
    for file in files:
        seasons[file.path.parent, file.numbers.season].append(file)
    changed: list[Placed] = []
    for (_, season), members in seasons.items():
        numbers = [file.numbers.episode for file in members]
        if season > 0 and all(number // 100 == season and number % 100 for number in numbers):
            members = [_as_episode(x, x.numbers.episode % 100, season=season) for x in members]
        changed += members
    return changed


def _alone(files: Sequence[Placed]) -> list[Placed]:
    """Read `1`, `2 - Home`, `10` of one folder as episodes; a number that begins a title (`12 Monkeys`) is none."""
    folders: dict[Path, Numbered] = defaultdict(lambda: defaultdict(list))
    for file in files:
        match = None if file.numbers.code else _ALONE.match(without_noise(file.path.stem))
        if match:
            folders[file.path.parent][int(match["number"])].append(file)
    changed = {
        file.path: _as_episode(file, number)
        for numbers in folders.values()
        if len(numbers) > 1
        for number, members in numbers.items()
        for file in members
    }
    return [changed.get(file.path, file) for file in files]


def _specials(files: Sequence[Placed]) -> list[Placed]:
    """Give `Show.OVA` to the show whose numbered episodes lie beside it, where its name begins with the title."""
    shows: dict[Path, set[str]] = defaultdict(set)
    for file in files:
        if file.numbers.code:
            shows[file.path.parent].add(file.show)
    return [file if file.numbers.code else _of_show(file, shows[file.path.parent]) for file in files]


def _of_show(file: Placed, shows: set[str]) -> Placed:
    stem = slug(file.path.stem)
    fitting = [show for show in shows if stem.startswith(f"{show}-")]
    return replace(file, show=max(fitting, key=len)) if fitting else file
