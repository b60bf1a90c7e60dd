"""How a word is said that is in no lexicon: rules from letters to sounds (`tools/training/fit_letters.py`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

ORDER = (0, 1, -1, 2, -2, 3, -3, 4)
"""Places of a context's letters, from the letter itself outwards, in the order of how much they tell."""

EDGE = "#"
"""Before and behind the word."""

VOWELS = "AIOQWYaiuæɑɐɒɔəɛɜɪʊʌᵊᵻ"
STRESSED = "ˈˌ"
_WEAK = "əᵊᵻɐ"


def units(phonemes: str) -> list[str]:
    """Return the sounds of `phonemes`, a stress mark together with its vowel.

    >>> units("ʤˈO")
    ['ʤ', 'ˈO']
    """
    return re.findall(f"[{STRESSED}]?[^{STRESSED}]", phonemes)


def window(letters: str, place: int) -> str:
    """Return the context of a letter, from the inside outwards.

    >>> window("joe", 1)
    'oej#####'
    """
    around = [letters[at] if 0 <= (at := place + step) < len(letters) else EDGE for step in ORDER]
    return "".join(around)


class LetterRules:
    """Says any word. rules: context → what its first letter says; the widest context that is known decides."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules = rules

    def __call__(self, letters: str) -> str:
        """Return the phonemes of lower-case `letters` (a–z; others are silent), with one main stress."""
        said = "".join(self._letter(letters, place) for place in range(len(letters)))
        return with_one_stress(_without_doubles(said))

    def _letter(self, letters: str, place: int) -> str:
        context = window(letters, place)
        for width in range(len(ORDER), 0, -1):
            if (said := self._rules.get(context[:width])) is not None:
                return said
        return ""


def with_one_stress(phonemes: str) -> str:
    """Return `phonemes` with exactly one main stress, where there is a vowel: a further one becomes a side stress.

    >>> with_one_stress("bənænə")
    'bənˈænə'
    """
    head, mark, tail = phonemes.partition("ˈ")
    if mark:
        return head + mark + tail.replace("ˈ", "ˌ")
    if "ˌ" in phonemes:
        return phonemes.replace("ˌ", "ˈ", 1)
    places = [place for place, sound in enumerate(phonemes) if sound in VOWELS]
    if not places:
        return phonemes
    first = next((place for place in places if phonemes[place] not in _WEAK), places[0])
    return f"{phonemes[:first]}ˈ{phonemes[first:]}"


def _without_doubles(phonemes: str) -> str:
    """Return `phonemes` without a consonant said twice in a row, as two letters of one sound give it."""
    return re.sub(rf"([^{VOWELS}{STRESSED}])\1", r"\1", phonemes)


@lru_cache(maxsize=1)
def letter_rules() -> LetterRules:
    """Return the rules that ship with the package."""
    text = (files("audiorole.models.phonemes") / "letters.txt").read_text(encoding="utf-8")
    return LetterRules(dict(line.split("\t") for line in text.splitlines()))
