"""What the name of a folder says of a season."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from audiorole.dataset.input.release.noise import without_noise
from audiorole.dataset.input.release.number_words import (
    CARDINALS,
    COUNTED,
    ORDINALS,
    ROMANS,
    SEASON_WORDS,
    SEP,
    number_of,
    trimmed,
)

_SEASON_FOLDER = re.compile(
    rf"^(?P<show>.*?)(?:^|[\s._\-–(\[])(?:(?:{SEASON_WORDS}|s){SEP}(?P<number>\d{{1,4}})"
    rf"|(?P<before>\d{{1,2}})(?:\.|st|nd|rd|th|ª|º|e|ème)?{SEP}(?:{SEASON_WORDS})"
    rf"|(?:{SEASON_WORDS}){SEP}(?P<cardinal>{'|'.join(CARDINALS)})"
    rf"|(?:{SEASON_WORDS}){SEP}(?P<roman>i{{1,3}}|iv|vi{{0,3}}|ix|x)"
    rf"|(?P<ordinal>{'|'.join(ORDINALS)}){SEP}(?:{SEASON_WORDS})|[第제]\s*(?P<chinese>{COUNTED})\s*[季期部])(?![^\W_])",
    re.IGNORECASE,
)
ENDS_WITH_SEASON = re.compile(
    rf"(?:(?:{SEASON_WORDS}){SEP}\d{{1,2}}|\bS\d{{1,2}}|\d(?:\.|st|nd|rd|th)?{SEP}(?:{SEASON_WORDS}))$",
    re.IGNORECASE,
)
_SPECIALS = re.compile(
    rf"^(?P<show>.*?)(?:^|[\s._\-–])(?:specials?|speciály|sonderfolgen|ovas?|oads?|s00|(?:{SEASON_WORDS}){SEP}0+)$",
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
        return SeasonFolder(trimmed(match["show"]), 0)
    match = _SEASON_FOLDER.match(plain)
    if not match:
        return None
    return SeasonFolder(trimmed(without_noise(match["show"])) if match["show"] else "", _folder_number(match))


def _folder_number(match: re.Match[str]) -> int:
    if match["roman"]:
        return ROMANS.index(match["roman"].lower()) + 1
    if match["ordinal"]:
        return ORDINALS.index(match["ordinal"].lower()) + 1
    return number_of(match["number"] or match["before"] or match["cardinal"] or match["chinese"])
