"""Language codes as people write them: ISO 639-1, 639-2/T and 639-2/B, with or without a region."""

from __future__ import annotations

_THREE_LETTERS = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt",
    "nld": "nl", "dut": "nl", "ces": "cs", "cze": "cs", "slk": "sk", "slo": "sk", "pol": "pl", "rus": "ru",
    "ukr": "uk", "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh", "cmn": "zh", "yue": "yue", "ara": "ar",
    "heb": "he", "tur": "tr", "swe": "sv", "nor": "no", "nob": "no", "dan": "da", "fin": "fi", "ell": "el",
    "gre": "el", "hun": "hu", "ron": "ro", "rum": "ro", "hin": "hi", "tha": "th", "vie": "vi", "ind": "id",
    "bul": "bg", "hrv": "hr", "srp": "sr", "cat": "ca", "fas": "fa", "per": "fa",
}  # fmt: skip


def two_letters(code: str) -> str:
    """Return the short form of a language code.

    >>> two_letters("ger"), two_letters("pt-BR"), two_letters("eng"), two_letters("")
    ('de', 'pt', 'en', '')
    """
    plain = code.lower().replace("_", "-").partition("-")[0]
    return _THREE_LETTERS.get(plain, plain)


def same_language(first: str, second: str) -> bool:
    """Return True where both codes are known and mean one language."""
    return bool(first and second) and two_letters(first) == two_letters(second)
