"""What lies beside a media file: subtitles, a script, the cast of its show.

Subtitles and scripts belong to a media file by their stem, by the number of their episode, or because theirs is the
only media file of the folder; they lie beside it, in `Subs/` (also of the show), or in a folder of their own there.
One `cast.toml` in the folder of the show or any above it, to the input folder.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.dataset.input.content import AUDIO, VIDEO
from audiorole.dataset.input.episodes import placed, slug
from audiorole.dataset.input.extras import extra_reason
from audiorole.dataset.input.numbering import Numbers, read_name, season_folder
from audiorole.dataset.input.tags import only_tags, read_tags
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
SCRIPTS = (".script.txt", ".transcript.txt", ".screenplay.txt", ".fountain", ".script.md", ".script.html", ".txt")


def subtitle_files(media: Path, inputs: Path) -> list[SubtitleSource]:
    """Return the subtitle files that may be of `media`, shortest name first, with what their names say of them."""
    around = Surroundings(media, inputs)
    found = sorted(around.files(SUBTITLE_FOLDERS, SUBTITLES), key=lambda path: (len(path.name), str(path)))
    return [_source(path, media, inputs) for path in found if is_subtitle(path)]


def script_files(media: Path, inputs: Path) -> list[Path]:
    """Return the scripts or transcripts that may be of `media`, best first."""
    around = Surroundings(media, inputs)
    found = [
        path for path in around.files(SCRIPT_FOLDERS, {".txt", ".md", ".html", ".fountain"}) if script_ending(path)
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
    def neighbours(self) -> list[Path]:
        """The other media files of the folder, extras too; one for each stem."""
        files = (path for path in _listed(self.media.parent) if path.suffix.lower() in VIDEO | AUDIO)
        return [path for stem, path in {path.stem: path for path in files}.items() if stem != self.media.stem]

    @cached_property
    def others(self) -> list[Path]:
        """The other episodes of the folder."""
        return [path for path in self.neighbours if not extra_reason(path, self.inputs)]

    @cached_property
    def shows(self) -> set[str]:
        """The slugs of the shows whose episodes the folder holds."""
        return {placed(path, self.inputs).show for path in (self.media, *self.others)}

    def files(self, folders: frozenset[str], endings: frozenset[str] | set[str]) -> Iterator[Path]:
        """Yield what belongs to the media file: beside it, in `folders`, and in folders of its own there."""
        for path in _listed(self.media.parent):
            if path.suffix.lower() in endings and self.owns(path) and not path.is_dir():
                yield path
        for folder in self._folders(folders):
            yield from (path for path in self._inside(folder, "") if path.suffix.lower() in endings)

    def _folders(self, names: frozenset[str]) -> Iterator[Path]:
        homes = [self.media.parent]
        if season_folder(self.media.parent.name) and self.media.parent != self.inputs:
            homes.append(self.media.parent.parent)
        for home in homes:
            for path in _listed(home):
                if path.is_dir() and (path.name.lower() in names or (home == homes[0] and self._same(path.name))):
                    yield path

    def _inside(self, folder: Path, owner: str) -> Iterator[Path]:
        """Yield the files under `folder` that belong; in a folder of the episode (owner `own`) all do."""
        for path in _listed(folder):
            if not path.is_dir():
                if owner == "own" or (self.owns(path) and owner != "other"):
                    yield path
            elif len(path.relative_to(self.media.parent.parent).parts) <= DEPTH:
                yield from self._inside(path, owner or self._owner(path.name))

    def _owner(self, folder: str) -> str:
        """Return whose a folder in `Subs/` is: `own`, `other` episode's, or "" for a language's or anything else."""
        if self.by_stem(folder) or self._same(folder):
            return "own"
        return "other" if self._numbers(folder).code or any(_fold(x.stem) == _fold(folder) for x in self.others) else ""

    def owns(self, path: Path) -> bool:
        """Return True where a file's name is of this episode: its stem, its number, or as there is no other episode."""
        stem = path.name.removesuffix(script_ending(path)) if script_ending(path) else path.stem
        if not (self.by_stem(stem) or self._same(stem) or (not self.others and not self._numbers(stem).code)):
            return False
        longer = (other.stem for other in self.neighbours if len(other.stem) > len(self.media.stem))
        return not any(_starts(stem, other) for other in longer)

    def by_stem(self, stem: str) -> bool:
        """Return True where a name is the media's or goes on behind it, whatever the case and the form of accents."""
        return _starts(stem, self.media.stem) and _agree(self._numbers(stem), self.numbers)

    def _same(self, name: str) -> bool:
        """Return True where a name has the numbers of this episode, and no other show's title."""
        found = self._numbers(name)
        if found.episode < 0 or self.numbers.episode < 0 or not _agree(found, self.numbers):
            return False
        own = placed(self.media, self.inputs).show
        return not slug(found.show) or len(self.shows) == 1 or slug(found.show) == own

    def _numbers(self, name: str) -> Numbers:
        """Return the numbers of a name beside the media; that of `2_English` is a track's."""
        if only_tags(name):
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
    """Return True where `stem` is `media`, or `media` and then something set apart."""
    return _fold(stem) == _fold(media) or _fold(stem).startswith(_fold(media) + " ")


@lru_cache(maxsize=1 << 16)
def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
    return re.sub(r"[\s._\-\[\]()]+", " ", unicodedata.normalize("NFKC", plain)).strip()


def _listed(folder: Path) -> list[Path]:
    """Return the folders and regular files of a folder; `scan` says of a pipe or a device that it is skipped."""
    try:
        seen = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return [path for path in seen if path.is_dir() or not not_regular(path)]
    except OSError:
        return []


def _source(path: Path, media: Path, inputs: Path) -> SubtitleSource:
    rest = path.stem[len(media.stem) :] if _starts(path.stem, media.stem) else path.stem
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
