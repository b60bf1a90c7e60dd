"""Words for seasons and episodes in many languages, and numbers written in words and signs."""

from __future__ import annotations

import re

SEASON_WORDS = (
    "seasons?|series|staffeln?|saison|temporadas?|tempada|stagione|seizoen|sezon(?:[ay]|ul)?|sez[oó]na|s[eé]rie|řada|rada|"
    "séria|säsong|sesong|sæson|kausi|évad|сезон|σεζ[όο]ν|mùa|musim|シーズン|시즌|الموسم|עונה"
)
EPISODE_WORDS = (
    "episodes?|épisodes?|episod(?:io|ul)?|episódio|epizoda|epizod|folgen?|cap[ií]tulo|cap[ií]tol|puntata|aflevering|"
    "odcinek|d[ií]l|časť|avsnitt|afsnit|jakso|rész|sērija|bölüm|tập|серия|серии|серія|эпизод|епизод|епізод|выпуск|"
    "επεισ[όο]διο|fejezet|epizód|serija|chapters?|chapitre|kapitel|kapitola|rozdział|エピソード|एपिसोड|قسمت|에피소드|الحلقة|حلقة|פרק|ตอนที่|ตอน"
)
SHORT_WORDS = "ep|eps|cap|odc"
"""Short words for an episode, which stand before its number only."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
CARDINALS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
"""From one on, as people write them out in names."""
SEP = r"[\s._\-–]*"

HAN = "〇一二三四五六七八九十百"
COUNTED = rf"\d{{1,4}}|[{HAN}]{{1,4}}"

NUMBERED = re.compile(
    rf"(?:s|(?<![^\W_])t)(?P<season>\d{{1,4}}){SEP}(?:ep?|x){SEP}(?P<episode>\d{{1,4}})(?!\d)(?P<letter>[a-d](?![^\W_]))?",
    re.IGNORECASE,
)
CROSSED = re.compile(
    r"(?<!\d)(?P<season>\d{1,2})x(?P<episode>\d{2,3})(?!\d)(?P<letter>[a-d](?![^\W_]))?", re.IGNORECASE
)


def number_of(text: str) -> int:
    """Return a number in figures, in an English word up to twenty, or in Chinese numerals up to 999."""
    if text.lstrip("-").isdigit():
        return int(text)
    if text.lower() in CARDINALS:
        return CARDINALS.index(text.lower()) + 1
    total, last = 0, 0
    for sign in text:
        if sign in "十百":
            total, last = total + max(1, last) * (10 if sign == "十" else 100), 0
        else:
            last = HAN.index(sign)
    return total + last


def trimmed(text: str) -> str:
    """Return a title without what divides it from the rest of a name."""
    return text.strip(" ._-–[({【").strip()
