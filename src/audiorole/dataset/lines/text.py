"""Text as it is compared: without case, punctuation and decoration; in any script."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def normalised(text: str) -> str:
    """Return the words of `text` in lower case, joined by spaces.

    >>> normalised("Well, it's NOT — «mint»!")
    "well it's not mint"
    """
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return " ".join(_WORD.findall(plain))


def repeated_share(text: str, size: int = 3) -> float:
    """Return the share of n-grams of words that are repeats: near 1 where an ASR fell into a loop."""
    words = normalised(text).split()
    grams = [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]
    return 1.0 - len(set(grams)) / len(grams) if len(grams) > 3 else 0.0
