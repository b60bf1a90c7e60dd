"""Names where a file has room for one word only: no blanks, and never one word for two voices."""

from __future__ import annotations

import hashlib
import re


def token(name: str) -> str:
    """Return a name as one word: as it is where it can be, else with a mark of its own behind it.

    >>> token("show/Gus"), token("show/Ann Lee")[:12]
    ('show/Gus', 'show/Ann_Lee')
    >>> token("show/Ann Lee") == token("show/Ann_Lee")
    False
    """
    word = re.sub(r"[\s\x00-\x1f<>;]+", "_", name)
    return word if word == name else f"{word}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
