"""Where a text of phonemes may be cut: after sentences, then after clauses, then between words."""

from __future__ import annotations

import re

from audiorole.models.talker.vocabulary import MOST_SYMBOLS, is_silent

_AFTER = (r"(?<=[.!?…])\s+", r"(?<=[;:,—])\s+", r"\s+")
"""Places to cut at, the best first."""


def sentences(phonemes: str, most: int = MOST_SYMBOLS) -> list[str]:
    """Return the sentences of `phonemes`, none longer than `most`; what is only punctuation is left out.

    >>> sentences("hˈA! hˌW ɑɹ ju?")
    ['hˈA!', 'hˌW ɑɹ ju?']
    >>> sentences("wˈʌn tˈu θɹˈi", most=8)
    ['wˈʌn tˈu', 'θɹˈi']
    >>> sentences("…")
    []
    """
    found = [piece for sentence in re.split(_AFTER[0], phonemes.strip()) for piece in _fitting(sentence, most, 1)]
    return [piece for piece in found if not is_silent(piece)]


def _fitting(text: str, most: int, level: int) -> list[str]:
    """Return `text` in parts of at most `most` symbols, cut at the places of `level`, or of a lower one."""
    if len(text) <= most:
        return [text]
    if level == len(_AFTER):
        return [text[at : at + most] for at in range(0, len(text), most)]
    found: list[str] = []
    for part in (piece for one in re.split(_AFTER[level], text) for piece in _fitting(one, most, level + 1)):
        if found and len(found[-1]) + 1 + len(part) <= most:
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found
