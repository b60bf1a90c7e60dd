"""Which episode a file's name speaks of: the show, season, episode and part, in the forms that people write.

Read here and not by a library. Of those, guessit (LGPL-3.0) takes the numbers of a title for episodes ("7 Lanterns -
01" is 7 and 1 to it, "The 100 - 03" a show called "The") and the words of a season's folder for the show; its licence
is none that this project depends on, and ids made of its answers would change with its rules. parse-torrent-title (MIT)
knows no folders and no words but English.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

_SEASON_WORDS = (
    "seasons?|series|staffeln?|saison|temporadas?|tempada|stagione|seizoen|sezon(?:[ay]|ul)?|sez[oó]na|s[eé]rie|řada|rada|"
    "séria|säsong|sesong|sæson|kausi|évad|сезон|σεζ[όο]ν|mùa|musim|シーズン|시즌|الموسم|עונה"
)
_EPISODE_WORDS = (
    "episodes?|épisodes?|episod(?:io|ul)?|episódio|epizoda|epizod|folgen?|cap[ií]tulo|cap[ií]tol|puntata|aflevering|"
    "odcinek|d[ií]l|časť|avsnitt|afsnit|jakso|rész|sērija|bölüm|tập|серия|серии|серія|эпизод|епизод|епізод|выпуск|"
    "επεισ[όο]διο|fejezet|에피소드|الحلقة|حلقة|פרק|ตอนที่|ตอน"
)
_SHORT_WORDS = "ep|eps|cap|odc"
"""Short words for an episode, which stand before its number only."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SEP = r"[\s._\-–]*"

# What release names carry besides, which is never an episode: picture sizes, codecs, channels, checksums, sources.
_NOISE = re.compile(
    r"(?<![^\W_])(?:\d{3,4}x\d{3,4}|\d{3,4}[pi]|[48]k|uhd|(?:[a-z+]+)?[257]\.[01](?:ch|\.\d|[\s._\-]?[xh]\.?26[456])?|"
    r"[xh]\.?26[456]|hevc|avc|av1|xvid|divx|10[\s._-]?bits?|8[\s._-]?bits?|hi10p?|(?:true)?hd|dts(?:-?hd)?(?:-ma)?|"
    r"\d{2,3}(?:\.\d+)?fps|\d{2,4}kb(?:ps|it)?|hdr(?:10)?\+?|mpe?g-?[24]|mp[34]|vp[89]|"
    r"aac\d?|e?ac3|ddp?\+?|flac|opus|atmos|blu-?ray|b[dr]rip|web(?:-?dl|rip)?|hdtv|dvd(?:rip|\d)?|remux|amzn|nf|dsnp|"
    r"multi|dual[\s._-]?audio|repack|proper|internal|f\d{2,3}(?=\.|$))(?![^\W_])",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")
_CHECKSUM = re.compile(r"[\[(][0-9a-f]{8}[\])]", re.IGNORECASE)
_YEAR = re.compile(r"[\[(](?:19|20)\d\d[\])]")

_NUMBERED = re.compile(
    rf"(?:s|(?<![^\W_])t)(?P<season>\d{{1,4}}){_SEP}(?:ep?|x){_SEP}(?P<episode>\d{{1,4}})(?!\d)(?P<letter>[a-d](?![^\W_]))?",
    re.IGNORECASE,
)
_CROSSED = re.compile(
    r"(?<!\d)(?P<season>\d{1,2})x(?P<episode>\d{2,3})(?!\d)(?P<letter>[a-d](?![^\W_]))?", re.IGNORECASE
)
_WORDED = re.compile(
    rf"(?<![^\W_])(?:(?:{_SEASON_WORDS}|s){_SEP}(?P<season>\d{{1,2}})|(?P<before>\d{{1,2}})(?:\.|st|nd|rd|th)?{_SEP}"
    rf"(?:{_SEASON_WORDS})){_SEP},?{_SEP}(?:(?:{_EPISODE_WORDS}|{_SHORT_WORDS}|e)\.?{_SEP}(?P<episode>\d{{1,4}})|"
    rf"(?P<early>\d{{1,4}})\.?{_SEP}(?:{_EPISODE_WORDS}))(?!\d)(?P<letter>[a-d](?![^\W_]))?",
    re.IGNORECASE,
)
_SEASON_AND_BARE = re.compile(
    rf"(?<![^\W_])(?:(?:{_SEASON_WORDS}){_SEP}|s)(?P<season>\d{{1,2}})[\s._]*[-–.\s_][\s._]*"
    r"(?P<episode>\d{1,3})(?:of\d{1,2})?(?P<letter>[a-d])?(?=$|[\s._\-–)\]])",
    re.IGNORECASE,
)
_HAN = "〇一二三四五六七八九十百"
_COUNTED = rf"\d{{1,4}}|[{_HAN}]{{1,4}}"
_CHINESE = re.compile(
    rf"[第제]\s*(?P<season>{_COUNTED})\s*[季期部].*?[第제]\s*(?P<episode>{_COUNTED})\s*[集話话回](?P<letter>)"
)
_EPISODE = re.compile(
    rf"(?<![^\W_])(?:{_EPISODE_WORDS}|{_SHORT_WORDS}|e|#)\.?{_SEP}(?P<episode>\d{{1,4}})(?!\d)(?P<letter>[a-d](?![^\W_]))?"
    rf"|[第제]\s*(?P<counted>{_COUNTED})\s*[集話话回期화회]|(?<![^\W_])(?P<early>\d{{1,4}})\s*[集話话回화회](?![^\W_])"
    rf"|(?<![^\W_])(?P<of>\d{{1,2}}){_SEP}of{_SEP}\d{{1,2}}(?![^\W_])",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(
    rf"(?<![^\W_])(?P<episode>\d{{1,4}})\.?{_SEP}(?:{_EPISODE_WORDS})(?![^\W_])(?P<letter>)", re.IGNORECASE
)
_DASHED = re.compile(
    r"(?:^|\s)[-–]\s+(?P<episode>\d{2,4})(?:v\d)?(?P<letter>[a-d])?(?=\s*$|\s*[-–\[(._]\s*|\s{2,}|\s+(?:end|fin)\s*$)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?P<episode>\d{1,4})(?P<letter>[a-d])?(?=$|\s*[-–._)\]]|\s)", re.IGNORECASE)
_TRAILING = re.compile(r"(?<=[\s._\-–])(?P<episode>0\d{1,3}|\d{2,3})(?:v\d)?(?P<letter>[a-d])?$", re.IGNORECASE)

_PART = re.compile(
    r"(?<![^\W_])(?:(?:cd|dis[ck]|dvd|pt|part|teil|partie|parte|část|cast)[\s._\-]*"
    rf"(?P<part>\d{{1,2}}|[ab]|i{{1,3}}|iv|{'|'.join(_CARDINALS)})|(?P<of>\d){_SEP}of{_SEP}\d)(?![^\W_])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Numbers:
    """What a name says. show: the words before the numbers, "" for none; season, episode: -1 where not said.

    part: `1`, `2`, `a` … of an episode in several files, "" where none is named. rest: what stands behind the numbers.
    """

    show: str = ""
    season: int = -1
    episode: int = -1
    part: str = ""
    rest: str = ""

    @property
    def code(self) -> str:
        """`s01e02`, `e012` without a season, "" without an episode."""
        if self.episode < 0:
            return ""
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
    for pattern in (_NUMBERED, _CROSSED, _WORDED, _CHINESE, _SEASON_AND_BARE):
        if match := pattern.search(plain):
            return _found(plain, match, _season(match))
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
    episode = next(groups[key] for key in ("episode", "early", "counted", "of") if groups.get(key))
    part = (groups.get("letter") or "").lower() or _part(plain[match.end() :])
    return Numbers(_title(plain[: match.start()]), season, _number(episode), part, plain[match.end() :].strip())


def _with_season_of_title(found: Numbers) -> Numbers:
    """Read `Show S2 - 05` and `Show 2nd Season - 05`: the title ends with the season."""
    folder = season_folder(found.show) if found.season < 0 else None
    if folder is None or not (folder.show and folder.season) or not _ENDS_WITH_SEASON.search(found.show):
        return found
    return replace(found, show=folder.show, season=folder.season)


def _season(match: re.Match[str]) -> int:
    groups = match.groupdict()
    return _number(groups.get("season") or groups.get("before") or "-1")


def _number(text: str) -> int:
    """Return a number in figures or in Chinese numerals up to 999."""
    if text.lstrip("-").isdigit():
        return int(text)
    total, last = 0, 0
    for sign in text:
        if sign in "十百":
            total, last = total + max(1, last) * (10 if sign == "十" else 100), 0
        else:
            last = _HAN.index(sign)
    return total + last


def _title(text: str) -> str:
    return text.strip(" ._-–[({【").strip()


def _part(text: str) -> str:
    found = _PART.search(text)
    if not found:
        return ""
    said = (found["part"] or found["of"]).lower().lstrip("0")
    counted = next((words.index(said) + 1 for words in (_CARDINALS, _ROMANS) if said in words), 0)
    return str(counted) if counted else said


def without_noise(text: str) -> str:
    """Return `text` without release groups, checksums, picture sizes, codecs and channels.

    >>> without_noise("[Grp] Blue Tower - 01 [1080p]")
    'Blue Tower - 01'
    """
    plain = _unbracketed(_CHECKSUM.sub(" ", unicodedata.normalize("NFC", text)))
    plain = plain if " " in plain.strip() else plain.replace("_", " ")
    bare = _BRACKETS.sub(" ", plain).strip() or plain  # "[1x05]" alone is the whole name
    if not (_NUMBERED.search(bare) or _CROSSED.search(bare)) and (_NUMBERED.search(plain) or _CROSSED.search(plain)):
        bare = plain
    bare = _NOISE.sub(" ", bare)
    return re.sub(r"[(\[]\s*[)\]]", " ", bare).strip(" ._-–") or plain


_IN_BRACKETS = re.compile(
    r"^(?P<before>.*?)(?:[\[【](?P<title>[^\[\]【】]*[^\W\d_][^\[\]【】]*)[\]】]\s*)?[\[【]\s*(?:第\s*)?"
    r"(?P<episode>\d{2,4})(?:v\d)?(?:\s*[集話话回])?(?:\s*(?:end|fin))?\s*[\]】]",
    re.IGNORECASE,
)


def _unbracketed(text: str) -> str:
    """Read `[Grp][Show][05][1080p]` and `[Grp] Show [05]` as `Show - 05`."""
    match = _IN_BRACKETS.match(text)
    if not match or re.fullmatch(r"(?:19|20)\d\d", match["episode"]):
        return text
    before = _BRACKETS.sub(" ", match["before"]).strip(" _-")
    title = before or (match["title"] or "").replace("_", " ")
    return f"{title} - {match['episode']}{text[match.end() :]}" if title else text


def _title_length(plain: str, show: str) -> int:
    """Return how many characters of `plain` are the show's title, with what divides it from the rest."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", _YEAR.sub("", show)))
    if not words:
        return 0
    pattern = r"[\W_]*" + r"[\W_]+".join(map(re.escape, words)) + r"(?:[\W_]*[\[(]?(?:19|20)\d\d[\])]?)?(?:[\W_]+|$)"
    match = re.match(pattern, plain, re.IGNORECASE)
    return match.end() if match else 0


_SEASON_FOLDER = re.compile(
    rf"^(?P<show>.*?)(?:^|[\s._\-–(\[])(?:(?:{_SEASON_WORDS}|s){_SEP}(?P<number>\d{{1,4}})"
    rf"|(?P<before>\d{{1,2}})(?:\.|st|nd|rd|th|ª|º|e|ème)?{_SEP}(?:{_SEASON_WORDS})"
    rf"|(?:{_SEASON_WORDS}){_SEP}(?P<cardinal>{'|'.join(_CARDINALS)})"
    rf"|(?:{_SEASON_WORDS}){_SEP}(?P<roman>i{{1,3}}|iv|vi{{0,3}}|ix|x)"
    rf"|(?P<ordinal>{'|'.join(_ORDINALS)}){_SEP}(?:{_SEASON_WORDS})|[第제]\s*(?P<chinese>{_COUNTED})\s*[季期部])(?![^\W_])",
    re.IGNORECASE,
)
_ENDS_WITH_SEASON = re.compile(
    rf"(?:(?:{_SEASON_WORDS}){_SEP}\d{{1,2}}|\bS\d{{1,2}}|\d(?:\.|st|nd|rd|th)?{_SEP}(?:{_SEASON_WORDS}))$",
    re.IGNORECASE,
)
_SPECIALS = re.compile(
    rf"^(?P<show>.*?)(?:^|[\s._\-–])(?:specials?|speciály|sonderfolgen|ovas?|oads?|s00|(?:{_SEASON_WORDS}){_SEP}0+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SeasonFolder:
    """What the name of a season's folder says. show: the words before, "" where it names the season only."""

    show: str
    season: int


def season_folder(name: str) -> SeasonFolder | None:
    """Return what a folder's name says of a season, None for another folder.

    >>> season_folder("Season 01 (The Skull)"), season_folder("1. Staffel"), season_folder("Lanterns")
    (SeasonFolder(show='', season=1), SeasonFolder(show='', season=1), None)
    """
    plain = unicodedata.normalize("NFC", name)
    if match := _SPECIALS.match(plain):
        return SeasonFolder(_title(match["show"]), 0)
    match = _SEASON_FOLDER.match(plain)
    if not match:
        return None
    return SeasonFolder(_title(without_noise(match["show"])) if match["show"] else "", _folder_number(match))


def _folder_number(match: re.Match[str]) -> int:
    if match["cardinal"]:
        return _CARDINALS.index(match["cardinal"].lower()) + 1
    if match["roman"]:
        return _ROMANS.index(match["roman"].lower()) + 1
    if match["ordinal"]:
        return _ORDINALS.index(match["ordinal"].lower()) + 1
    return _number(match["number"] or match["before"] or match["chinese"])
