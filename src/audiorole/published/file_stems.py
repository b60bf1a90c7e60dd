"""Episodes' ids as names of files: `show/s01e02` is `show-s01e02`, and no two episodes are one file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 80
"""Characters; four bytes each and a line's number stay within what file systems allow."""


def file_stems(episodes: Iterable[str]) -> dict[str, str]:
    """Return episode → stem: letters, digits, `_` and `-`; where two fold to one, each has a mark behind it.

    >>> file_stems(["show/s01e01"]), len(set(file_stems(["a-b/c", "a/b-c", "A/B-c"]).values()))
    ({'show/s01e01': 'show-s01e01'}, 3)
    """
    folded = {episode: _folded(episode) for episode in dict.fromkeys(episodes)}
    counts = Counter(_key(stem) for stem in folded.values())
    return {
        episode: stem if counts[_key(stem)] == 1 and len(stem) <= LONGEST else f"{stem[:LONGEST]}-{_mark(episode)}"
        for episode, stem in folded.items()
    }


def _folded(episode: str) -> str:
    return re.sub(r"[^\w-]+", "_", episode.replace("/", "-"))


def _key(stem: str) -> str:
    """Return what file systems that fold case and accents' ways of writing take a name for."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", stem).casefold())


def _mark(episode: str) -> str:
    return hashlib.sha256(episode.encode("utf-8", "surrogatepass")).hexdigest()[:8]
