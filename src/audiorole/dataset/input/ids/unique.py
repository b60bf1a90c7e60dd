"""One id a file: parts of an episode and shows of one name are told apart, copies are named."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from audiorole.dataset.input.ids.placed import DISC, Placed, bare_stem, short_hash, slug
from audiorole.dataset.input.ids.siblings import beside_each_other
from audiorole.dataset.input.release.noise import without_noise

_TELLS_APART = re.compile(r"[a-z]{2}|uk|us|usa|(?:19|20)\d\d")
"""What is written behind a title to tell two shows apart: a country or a year."""

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
    for file in _apart(beside_each_other(files)):
        groups[file.id].append(file)
    for identity, members in groups.items():
        for name, copies in _told_apart(identity, members):
            (first, _), *others = ranked([file.path for file in copies])
            kept.append((name, first))
            left += others
    return _numbered_twice(kept), left


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
        home = f"-{slug(file.path.parent.name)}" if discs and DISC.fullmatch(file.path.parent.name) else ""
        name = "" if file.numbers.code else f"-{short_hash(bare_stem(file.path.stem))}"
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


def _numbered_twice(kept: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Make sure of it: whatever still has an id that is taken gets one of its own."""
    seen: set[str] = set()
    unique = []
    for identity, path in kept:
        name = f"{identity}-{short_hash(str(path))}" if identity in seen else identity
        seen.add(name)
        unique.append((name, path))
    return unique
