"""What lies beside a media file: subtitles, a script, the cast of its show.

Subtitles and scripts belong to a media file by their stem, by the number of their episode, or because theirs is the
only media file of the folder; they lie beside it, in `Subs/` (also of the show), or in a folder of their own there.
One `cast.toml` in the folder of the show or any above it, to the input folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from audiorole.dataset.input.folders import Episodes, Listing, episodes_of, fold, listing
from audiorole.dataset.input.ids.placed import placed, slug
from audiorole.dataset.input.release.numbering import Numbers, read_name
from audiorole.dataset.input.release.seasons import season_folder
from audiorole.dataset.input.release.tags import only_tags, read_tags
from audiorole.dataset.script import read_script
from audiorole.dataset.subtitles import SUFFIXES, read
from audiorole.errors import InputError
from audiorole.types import SubtitleSource

SUBTITLES = SUFFIXES | {".idx", ".sup"}
"""Endings of subtitles; of these `.txt` and `.xml` are looked into first."""
UNSURE = frozenset({".txt", ".xml"})
SUBTITLE_FOLDERS = frozenset(
    {"subs", "subtitles", "sub", "subtitle", "untertitel", "titulky", "sous-titres", "legendas"}
)
SCRIPT_FOLDERS = frozenset({"scripts", "script", "transcripts", "transcript", "screenplays", "drehbuch", "scénáře"})
SCRIPTS = (
    ".script.txt", ".transcript.txt", ".screenplay.txt", ".fountain", ".script.md", ".script.html", ".script.json",
    ".transcript.json", ".txt",
)  # fmt: skip

_SCRIPT_ENDINGS = frozenset({".txt", ".md", ".html", ".json", ".fountain"})


def subtitle_files(media: Path, inputs: Path) -> list[SubtitleSource]:
    """Return the subtitle files that may be of `media`, shortest name first, with what their names say of them."""
    around = Surroundings(media, inputs)
    found = sorted(around.files(SUBTITLE_FOLDERS, SUBTITLES), key=lambda path: (len(path.name), str(path)))
    return [_source(path, media, inputs) for path in found if is_subtitle(path)]


def script_files(media: Path, inputs: Path) -> list[Path]:
    """Return the scripts or transcripts that may be of `media`, best first."""
    around = Surroundings(media, inputs)
    found = [
        path
        for path in around.files(SCRIPT_FOLDERS, {".txt", ".md", ".html", ".json", ".fountain"})
        if script_ending(path)
    ]

    def rank(path: Path) -> tuple[bool, int, str]:
        ending = script_ending(path)
        return not around.by_stem(path.name.removesuffix(ending)), SCRIPTS.index(ending.lower()), str(path)

    return [path for path in sorted(found, key=rank) if _is_script(path, around)]


def script_file(media: Path, inputs: Path | None = None) -> Path | None:
    """Return the best script or transcript of `media`."""
    return next(iter(script_files(media, inputs or media.parent)), None)


def cast_file(media: Path, inputs: Path) -> Path | None:
    """Return the nearest `cast.toml` from the media's folder up to the input folder."""
    for folder in media.parents:
        if (folder / "cast.toml").is_file():
            return folder / "cast.toml"
        if folder == inputs:
            break
    return None


def script_ending(path: Path) -> str:
    """Return the ending of a script, as written; "" for other files."""
    return next((path.name[-len(end) :] for end in SCRIPTS if path.name.lower().endswith(end)), "")


def is_subtitle(path: Path) -> bool:
    """Return True where `path` is a subtitle by its ending, or by what is in it where the ending leaves that open."""
    if path.suffix.lower() not in UNSURE:
        return True
    if script_ending(path) not in ("", ".txt"):
        return False
    try:
        return bool(read(path).cues)
    except InputError:
        return False


def _is_script(path: Path, around: Surroundings) -> bool:
    """A text called `.script.txt`, or by the episode's own name, is its script; any other must read as one."""
    ending = script_ending(path).lower()
    if ending == ".txt" and is_subtitle(path):
        return False
    if ending != ".txt" or around.by_stem(path.stem):
        return True
    try:
        return bool(read_script(path).lines)
    except InputError:
        return False


@dataclass(frozen=True)
class Surroundings:
    """The folder of a media file, and how what lies in it belongs to it."""

    media: Path
    inputs: Path

    @cached_property
    def numbers(self) -> Numbers:
        """Of the media file."""
        return placed(self.media, self.inputs).numbers

    @cached_property
    def stem(self) -> str:
        """Of the media file, folded."""
        return fold(self.media.stem)

    @cached_property
    def listing(self) -> Listing:
        """What lies beside it."""
        return listing(self.media.parent)

    @cached_property
    def episodes(self) -> Episodes:
        """The episodes of its folder."""
        return episodes_of(self.listing.media, self.inputs)

    @property
    def alone(self) -> bool:
        """Whether the folder holds no other episode."""
        return all(path.stem == self.media.stem for path in self.episodes.media[:2])

    def files(self, folders: frozenset[str], endings: frozenset[str] | set[str]) -> Iterator[Path]:
        """Yield what belongs to the media file: beside it, in `folders`, and in folders of its own there."""
        yield from (path for path in self.listing.files if path.suffix.lower() in endings and self.owns(path))
        for folder in self._folders(folders):
            whose = "" if folder.name.lower() in folders else self._owner(folder.name)
            yield from (path for path in self._inside(folder, whose) if path.suffix.lower() in endings)

    def _folders(self, names: frozenset[str]) -> Iterator[Path]:
        homes = [self.media.parent]
        if season_folder(self.media.parent.name) and self.media.parent != self.inputs:
            homes.append(self.media.parent.parent)
        for home in homes:
            for path in listing(home).folders:
                if path.name.lower() in names or (home == homes[0] and self._same(path.name)):
                    yield path

    def _inside(self, folder: Path, owner: str) -> Iterator[Path]:
        """Yield the files under `folder` that belong; in a folder of the episode (owner `own`) all do."""
        found = listing(folder)
        yield from (path for path in found.files if owner or self.owns(path))
        for path in found.folders:
            whose = owner or self._owner(path.name)
            if whose != "other" and len(path.relative_to(self.media.parent.parent).parts) <= DEPTH:
                yield from self._inside(path, whose)

    def _owner(self, folder: str) -> str:
        """Return whose a folder in `Subs/` is: `own`, `other` episode's, or "" for a language's or anything else."""
        if self.by_stem(folder) or self._same(folder):
            return "own"
        return "other" if self._numbers(folder).code or fold(folder) in self.episodes.stems else ""

    def owns(self, path: Path) -> bool:
        """Return True where a file's name is of this episode: its stem, its number, or as there is no other episode."""
        stem = path.name.removesuffix(script_ending(path)) if script_ending(path) else path.stem
        if not (self.by_stem(stem) or self._same(stem) or (self.alone and not self._numbers(stem).code)):
            return False
        longer = (other.stem for other in self.listing.media if len(other.stem) > len(self.media.stem))
        return not any(_starts(stem, fold(other)) for other in longer)

    def by_stem(self, stem: str) -> bool:
        """Return True where a name is the media's or goes on behind it, whatever the case and the form of accents."""
        return _starts(stem, self.stem) and _agree(self._numbers(stem), self.numbers)

    def _same(self, name: str) -> bool:
        """Return True where a name has the numbers of this episode, and no other show's title."""
        if self.numbers.episode < 0 or str(self.numbers.episode) not in name:
            return False
        found = self._numbers(name)
        if found.episode == 100 * self.numbers.season + self.numbers.episode and found.code not in self.episodes.codes:
            found = replace(found, episode=self.numbers.episode)  # `101` is the first episode of season 1
        if found.episode < 0 or not _agree(found, self.numbers):
            return False
        own = placed(self.media, self.inputs).show
        return not slug(found.show) or len(self.episodes.shows | {own}) == 1 or slug(found.show) == own

    def _numbers(self, name: str) -> Numbers:
        """Return the numbers of a name; that of `2_English` is a track's, that of `02 English` an episode's."""
        if only_tags(name) and (self.alone or not re.match(r"0\d(?!\d)", name)):
            return Numbers()
        file = placed(self.media, self.inputs)
        return read_name(name, file.folder.name, file.numbers.season)


DEPTH = 5
"""Folders below the show in which subtitles are looked for."""


def _agree(found: Numbers, wanted: Numbers) -> bool:
    """Return True where nothing in two names speaks against one episode; a part's subtitle is not another part's."""
    if found.episode < 0 or wanted.episode < 0:
        return True
    seasons = {found.season, wanted.season} - {-1}
    parts = {found.part, wanted.part} - {""}
    return found.episode == wanted.episode and len(seasons) <= 1 and len(parts) <= 1


def _starts(stem: str, media: str) -> bool:
    """Return True where `stem` is `media`, which is folded, or goes on behind it with something set apart."""
    folded = fold(stem)
    return folded.startswith(media) and folded[len(media) :][:1] in ("", " ")


def _source(path: Path, media: Path, inputs: Path) -> SubtitleSource:
    rest = path.stem[len(media.stem) :] if _starts(path.stem, fold(media.stem)) else path.stem
    tags = read_tags(rest.lstrip() or "")
    folder = read_tags(path.parent.name) if path.parent != media.parent else read_tags("")
    return SubtitleSource(
        path=str(path.relative_to(inputs)),
        format=path.suffix.lower()[1:],
        language=tags.language or folder.language,
        forced=tags.forced,
        sdh=tags.sdh,
        signs=tags.signs,
        commentary=tags.commentary,
    )
