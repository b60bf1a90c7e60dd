"""Language codes as people write them: ISO 639-1, 639-2/T, 639-2/B and 639-3, with or without a region."""

from __future__ import annotations

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

SHORT = {"cmn": "zh", "nb": "no", "fil": "tl"}
"""Two-letter codes that speech models use where the registry prefers the narrower language."""


def two_letters(code: str) -> str:
    """Return the short form of a language code; what is none, or has no short form, comes back in lower case.

    >>> two_letters("ger"), two_letters("pt-BR"), two_letters("eng"), two_letters("")
    ('de', 'pt', 'en', '')
    """
    plain = code.strip().lower().replace("_", "-").partition("-")[0]
    try:
        found = Language.get(plain).language or plain if plain else ""
    except LanguageTagError:
        return plain
    return SHORT.get(found, found)


def same_language(first: str, second: str) -> bool:
    """Return True where both codes are known and mean one language."""
    return bool(first and second) and two_letters(first) == two_letters(second)
