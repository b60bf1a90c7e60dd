"""Characters' names as names of folders, told apart where they fold to one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 80
"""Characters; four bytes each stay within what file systems allow."""


def folder_names(names: Iterable[str]) -> dict[str, str]:
    """Return name → a folder's name: letters, digits, `_` and `-`, so that no two are one on any file system.

    Names that fold to one (`Dr. Lee`, `Dr Lee`, `DR LEE`) get the start of their hash behind it.
    """
    known = list(dict.fromkeys(names))
    folded = {name: _folded(name) for name in known}
    counts = Counter(_key(folder) for folder in folded.values())
    return {name: folder if counts[_key(folder)] == 1 else _marked(name, folder) for name, folder in folded.items()}


def _folded(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name)[:LONGEST] or "_"


def _key(folder: str) -> str:
    """Return what file systems that fold case and accents' ways of writing take a name for."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", folder).casefold())


def _marked(name: str, folder: str) -> str:
    return f"{folder}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
