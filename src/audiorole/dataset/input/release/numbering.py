"""Which episode a file's name speaks of: the show, season, episode and part, in the forms that people write.

Read here and not by a library. Of those, guessit (LGPL-3.0) takes the numbers of a title for episodes ("7 Lanterns -
01" is 7 and 1 to it, "The 100 - 03" a show called "The") and the words of a season's folder for the show; its licence
is none that this project depends on, and ids made of its answers would change with its rules. parse-torrent-title (MIT)
knows no folders and no words but English.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from audiorole.dataset.input.release.noise import YEAR, without_noise
from audiorole.dataset.input.release.number_words import (
    CARDINALS,
    COUNTED,
    CROSSED,
    EPISODE_WORDS,
    NUMBERED,
    ROMANS,
    SEASON_WORDS,
    SEP,
    SHORT_WORDS,
    number_of,
    trimmed,
)
from audiorole.dataset.input.release.seasons import ENDS_WITH_SEASON, season_folder

_WORDED = re.compile(
    rf"(?<![^\W_])(?:(?:{SEASON_WORDS}|s){SEP}(?P<season>\d{{1,2}})|(?P<before>\d{{1,2}})(?:\.|st|nd|rd|th)?{SEP}"
    rf"(?:{SEASON_WORDS})){SEP},?{SEP}(?:(?:{EPISODE_WORDS}|{SHORT_WORDS}|e)\.?{SEP}(?P<episode>\d{{1,4}})|"
    rf"(?P<early>\d{{1,4}})\.?{SEP}(?:{EPISODE_WORDS}))(?!\d)(?P<letter>[a-d](?![^\W_]))?",
    re.IGNORECASE,
)
_SEASON_AND_BARE = re.compile(
    rf"(?<![^\W_])(?:(?:{SEASON_WORDS}){SEP}|s)(?P<season>\d{{1,2}})[\s._]*[-–.\s_][\s._]*"
    r"(?P<episode>\d{1,3})(?:of\d{1,2})?(?P<letter>[a-d])?(?=$|[\s._\-–)\]])",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    rf"[第제]\s*(?P<season>{COUNTED})\s*[季期部].*?[第제]\s*(?P<episode>{COUNTED})\s*[集話话回](?P<letter>)"
)
_EPISODE = re.compile(
    rf"(?<![^\W_])(?:{EPISODE_WORDS}|{SHORT_WORDS}|e|#)\.?{SEP}(?P<episode>\d{{1,4}})(?!\d)(?P<letter>[a-d](?![^\W_]))?"
    rf"|[第제]\s*(?P<counted>{COUNTED})\s*[集話话回期화회]|(?<![^\W_])(?P<early>\d{{1,4}})\s*[集話话回화회](?![^\W_])"
    rf"|(?<![^\W_])(?P<of>\d{{1,2}}){SEP}of{SEP}\d{{1,2}}(?![^\W_])"
    rf"|(?<![^\W_])(?:{EPISODE_WORDS}){SEP}(?P<worded>{'|'.join(CARDINALS)})(?![^\W_])",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(
    rf"(?<![^\W_])(?P<episode>\d{{1,4}})\.?{SEP}(?:{EPISODE_WORDS})(?![^\W_])(?P<letter>)", re.IGNORECASE
)
_DASHED = re.compile(
    r"(?:^|\s)[-–]\s+(?P<episode>\d{2,4})(?:v\d)?(?P<letter>[a-d])?(?=\s*$|\s*[-–\[(._]\s*|\s{2,}|\s+(?:end|fin)\s*$)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?P<episode>\d{1,4})(?P<letter>[a-d])?(?=$|\s*[-–._)\]]|\s)", re.IGNORECASE)
_TRAILING = re.compile(r"(?<=[\s._\-–])(?P<episode>0\d{1,3}|\d{2,3})(?:v\d)?(?P<letter>[a-d])?$", re.IGNORECASE)

_DATE = re.compile(
    r"(?<!\d)(?:(?P<year>(?:19|20)\d\d)(?P<by>[.\-_ ])(?P<month>\d\d)(?P=by)(?P<day>\d\d)"
    r"|(?P<full>(?:19|20)\d\d)(?P<mm>0[1-9]|1[0-2])(?P<dd>[0-2]\d|3[01])"
    r"|(?P<first>\d\d)(?P<sign>[.\-_ ])(?P<second>\d\d)(?P=sign)(?P<last>(?:19|20)\d\d))(?!\d)"
)
"""`2019.05.12`, `20190512`, `12.05.2019`: the day of a daily show."""

_PART = re.compile(
    r"(?<![^\W_])(?:(?:cd|dis[ck]|dvd|pt|part|teil|partie|parte|část|cast)[\s._\-]*"
    rf"(?P<part>\d{{1,2}}|[ab]|i{{1,3}}|iv|{'|'.join(CARDINALS)})|(?P<of>\d){SEP}of{SEP}\d)(?![^\W_])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Numbers:
    """What a name says. show: the words before the numbers, "" for none; season, episode: -1 where not said.

    part: `1`, `2`, `a` … of an episode in several files, "" where none is named. rest: what stands behind the numbers.
    date: `2019-05-12` where an episode has a day and no number.
    """

    show: str = ""
    season: int = -1
    episode: int = -1
    part: str = ""
    rest: str = ""
    date: str = ""

    @property
    def code(self) -> str:
        """`s01e02`, `e012` without a season, `2019-05-12` of a day, "" without an episode."""
        if self.episode < 0:
            return self.date
        return f"e{self.episode:03d}" if self.season < 0 else f"s{self.season:02d}e{self.episode:02d}"


@lru_cache(maxsize=1 << 16)
def read_name(stem: str, show: str = "", season: int = -1) -> Numbers:
    """Return what the name of a file, without its ending, says.

    show: the title that its folder gives; numbers of that title are none of an episode. season: of its folder, -1 for
    none; inside a season bare numbers are episodes too.

    >>> read_name("7 Lanterns - 01 - Part A", "7 Lanterns", 2).code, read_name("Harbour - 12 (DTS 5.1x265)").code
    ('s02e01', 'e012')
    """
    plain = without_noise(stem)
    for pattern in (NUMBERED, CROSSED, _WORDED, _CHINESE, _SEASON_AND_BARE):
        if match := pattern.search(plain):
            return _found(plain, match, _season(match))
    if dated := _dated(plain):
        return dated
    head = _title_length(plain, show)
    rest = plain[head:]
    for pattern in (_EPISODE, _NUMBER_FIRST, _DASHED, _LEADING, _TRAILING):
        if (match := pattern.search(rest)) and _counts(pattern, match, season, bool(head)):
            found = _found(rest, match, season)
            return replace(found, show=show) if head else _with_season_of_title(found)
    return Numbers(part=_part(plain), rest=plain)


def _counts(pattern: re.Pattern[str], match: re.Match[str], season: int, titled: bool) -> bool:
    """A bare number is an episode's in a season's folder, after the title, or with a zero before it; a year is none."""
    if pattern in (_EPISODE, _NUMBER_FIRST):
        return True
    if re.fullmatch(r"(?:19|20)\d\d", match["episode"]):
        return False
    return pattern is _DASHED or season >= 0 or titled or match["episode"].startswith("0")


def _found(plain: str, match: re.Match[str], season: int) -> Numbers:
    groups = match.groupdict()
    episode = next(groups[key] for key in ("episode", "early", "counted", "of", "worded") if groups.get(key))
    part = (groups.get("letter") or "").lower() or _part(plain[match.end() :])
    return Numbers(trimmed(plain[: match.start()]), season, number_of(episode), part, plain[match.end() :].strip())


def _with_season_of_title(found: Numbers) -> Numbers:
    """Read `Show S2 - 05` and `Show 2nd Season - 05`: the title ends with the season."""
    folder = season_folder(found.show) if found.season < 0 else None
    if folder is None or not (folder.show and folder.season) or not ENDS_WITH_SEASON.search(found.show):
        return found
    return replace(found, show=folder.show, season=folder.season)


def _season(match: re.Match[str]) -> int:
    groups = match.groupdict()
    return number_of(groups.get("season") or groups.get("before") or "-1")


def _dated(plain: str) -> Numbers | None:
    """Read `Show.2019.05.12`: a day that there was, with the day or the month first where the year comes last."""
    match = _DATE.search(plain)
    if not match:
        return None
    found = match.groupdict()
    orders = (("year", "month", "day"), ("full", "mm", "dd"), ("last", "second", "first"), ("last", "first", "second"))
    for names in orders:
        if all(found[name] for name in names):
            try:
                day = datetime.date(*(int(found[name]) for name in names))
            except ValueError:
                continue
            return Numbers(trimmed(plain[: match.start()]), rest=plain[match.end() :].strip(), date=day.isoformat())
    return None


def _part(text: str) -> str:
    found = _PART.search(text)
    if not found:
        return ""
    said = (found["part"] or found["of"]).lower().lstrip("0")
    counted = next((words.index(said) + 1 for words in (CARDINALS, ROMANS) if said in words), 0)
    return str(counted) if counted else said


def _title_length(plain: str, show: str) -> int:
    """Return how many characters of `plain` are the show's title, with what divides it from the rest."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", YEAR.sub("", show)))
    if not words:
        return 0
    pattern = r"[\W_]*" + r"[\W_]+".join(map(re.escape, words)) + r"(?:[\W_]*[\[(]?(?:19|20)\d\d[\])]?)?(?:[\W_]+|$)"
    match = re.match(pattern, plain, re.IGNORECASE)
    return match.end() if match else 0
