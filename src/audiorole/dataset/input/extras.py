"""What lies among episodes and is none: trailers, samples, openings without credits, interviews with the makers."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from audiorole.dataset.input.release.noise import without_noise
from audiorole.dataset.input.release.numbering import read_name

_FOLDERS = re.compile(
    r"(?:.*[\s._-])?extra['’]?s?|bonus(?:es|y)?|bonus[ ._-]?(?:features?|material|dis[ck]|dvd)|special features?|"
    r"featurettes?|behind the scenes|making of|deleted scenes?|trailers?|teasers?|samples?|proofs?|bloopers?|outtakes?|"
    r"gag reels?|creditless|nc(?:op|ed)s?|menus?|theme-?music|backdrops|bonusmaterial|zusatzmaterial|sonderinhalte|"
    r"trailery|ukázky|bonusové materiály|bandes?[ -]annonces?|bêtisiers?|tráilers?|extras e bônus|contenuti extra|"
    r"soundtracks?|ost|scans",
    re.IGNORECASE,
)
_FOLDERS_IN_A_SHOW = re.compile(r"others?|scenes|shorts|interviews?|clips|promos?|screens", re.IGNORECASE)
"""Media servers keep extras under these names too; right in the input folder each could be a series of that name."""
_SURE = (
    r"trailers?|teasers?|samples?|featurettes?|behind[\s._-]?the[\s._-]?scenes|deleted[\s._-]?scenes?|"
    r"bloopers?(?:[\s._-]reels?)?|gag[\s._-]?reels?|outtakes?|making[\s._-]?of|bande[\s._-]annonce|bêtisier|tráiler|ukázka"
)
_MAKERS = re.compile(r"(?:the\s)?(?P<kind>making[\s._-]of)[\s._-].+", re.IGNORECASE)
_JUNK = re.compile(
    r"(?P<kind>rarbg(?:[._ ]com)?|etrg|yify|yts[._ ]\w{2,3}|www\.[\w.-]+|theme(?:[\s_-]?(?:song|music))?)",
    re.IGNORECASE,
)
"""What sites and media servers put beside episodes."""
_ALONE = re.compile(rf"[\s._\-(\[]*(?P<kind>{_SURE})[\s._-]*\d*[)\]]?", re.IGNORECASE)
_HYPHENED = re.compile(rf"(?<=[^\s._-])-(?P<kind>{_SURE})\d*$", re.IGNORECASE)
_ENDING = re.compile(rf"[\s._\-(\[](?P<kind>{_SURE})[\s._-]*\d*[)\]]?$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?<=[^\s._-])-(?P<kind>interview|scene|short|clip|other|extra|deleted|promo)\d*$", re.IGNORECASE)
_FIRST = re.compile(r"(?P<kind>samples?|trailers?|teasers?)(?:[-_.]|\s*\d*\s-\s)", re.IGNORECASE)
_CREDITS = re.compile(
    r"(?<![^\W_])(?:nc[\s._-]?(?:op|ed)|creditless|(?:clean|textless)[\s._-](?:opening|ending|op|ed))[\s._-]*\d*[a-z]?(?:v\d)?"
    r"(?![^\W_])|(?:^|\s-\s)(?:op|ed|pv|cm|menu|preview)[\s._-]?\d{0,2}(?:v\d)?$",
    re.IGNORECASE,
)

SHORT_SHARE, SHORT_SECONDS = 0.25, 300.0
"""A file without a number that is shorter than both, beside episodes with numbers, is a clip of the show."""


@lru_cache(maxsize=1 << 16)
def extra_reason(path: Path, root: Path) -> str:
    """Return why a media file under `root` is no episode, by its name and its folders; "" where it may be one.

    >>> extra_reason(Path("in/Show/Extras/Cook.mkv"), Path("in"))
    "an extra: in the folder 'Extras'"
    >>> extra_reason(Path("in/Show/Extra Time - 1x01.mkv"), Path("in"))
    ''
    """
    folders = path.parent.relative_to(root).parts if path.is_relative_to(root) else ()
    show = read_name(path.stem).show.casefold()  # a show may be called "Extras"
    for depth, folder in enumerate(folders):
        inside = _FOLDERS.fullmatch(folder.strip()) or (depth and _FOLDERS_IN_A_SHOW.fullmatch(folder.strip()))
        if inside and folder.casefold() != show:
            return f"an extra: in the folder {folder!r}"
    return _named(path.stem)


def _named(stem: str) -> str:
    """An episode may be called "The Interview": behind its numbers only what says nothing else, or a hyphen, counts."""
    plain = without_noise(stem)
    numbers = read_name(plain)
    credits = _CREDITS.search(plain)
    own = credits is not None and numbers.season < 0 and any(map(str.isdigit, credits.group()))  # `Menu 01`, no episode
    if credits and (own or not numbers.code):
        return "an extra: an opening or ending without credits, a menu or a preview"
    found = _FIRST.match(plain) or _HYPHENED.search(plain) or _ALONE.fullmatch(numbers.rest)
    if not numbers.code:
        found = (
            found or _ENDING.search(plain) or _SUFFIX.search(plain) or _MAKERS.match(plain) or _JUNK.fullmatch(plain)
        )
    return f"an extra: named {found['kind'].lower()!r}" if found else ""


def short_ones(paths: Iterable[Path], numbered: Sequence[Path], seconds: Mapping[Path, float]) -> dict[Path, str]:
    """Return path → reason of those of `paths` (without numbers) that are clips beside the `numbered` episodes.

    seconds: of each file, 0 where unknown.
    """
    known = [seconds[path] for path in numbered if seconds.get(path)]
    if not known:
        return {}
    usual = statistics.median(known)
    return {
        path: f"an extra: {seconds[path]:.0f} s long beside episodes of {usual:.0f} s"
        for path in paths
        if 0 < seconds.get(path, 0.0) < min(SHORT_SECONDS, SHORT_SHARE * usual)
    }
