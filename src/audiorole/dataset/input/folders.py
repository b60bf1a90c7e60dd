"""What lies in a folder, looked at once however many episodes ask: of a thousand files, each one asks."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.dataset.input.content import AUDIO, VIDEO
from audiorole.dataset.input.extras import extra_reason
from audiorole.dataset.input.ids.placed import placed


@dataclass(frozen=True)
class Listing:
    """folders, files: what is not hidden and has a name in UTF-8; regular files only, `scan` names others.

    media: one of each stem.
    """

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    media: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Episodes:
    """The episodes of a folder, without extras. stems: folded; shows: slugs of their shows; codes: `s01e02` …"""

    media: tuple[Path, ...]
    stems: frozenset[str]
    shows: frozenset[str]
    codes: frozenset[str]


def printable(name: str) -> str:
    """Return a name as it can be written to any file; bytes that are no letters of UTF-8 are shown as numbers."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def listing(folder: Path) -> Listing:
    """Return what lies in `folder`, nothing where it cannot be read."""
    try:
        return _listing(folder, tuple(sorted(path.name for path in folder.iterdir())))
    except OSError:
        return Listing()


@lru_cache(maxsize=256)
def _listing(folder: Path, names: tuple[str, ...]) -> Listing:
    paths = [folder / name for name in names if not name.startswith(".") and printable(name) == name]
    folders = tuple(path for path in paths if path.is_dir())
    files = tuple(path for path in paths if path not in folders and not not_regular(path))
    stems = {path.stem: path for path in files if path.suffix.lower() in VIDEO | AUDIO}
    return Listing(folders, files, tuple(stems.values()))


@lru_cache(maxsize=256)
def episodes_of(media: tuple[Path, ...], inputs: Path) -> Episodes:
    """Return which of the media files of one folder are episodes."""
    kept = tuple(path for path in media if not extra_reason(path, inputs))
    stems = frozenset(fold(path.stem) for path in kept)
    files = [placed(path, inputs) for path in kept]
    shows, codes = frozenset(file.show for file in files), frozenset(file.code for file in files)
    return Episodes(kept, stems, shows, codes)


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """Return what two spellings of a file's name share: without case, form of accents and what divides words."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
    plain = re.sub("['’`´]", "", unicodedata.normalize("NFKC", plain))
    return re.sub(r"[\s._\-\[\]()]+", " ", plain).strip()
