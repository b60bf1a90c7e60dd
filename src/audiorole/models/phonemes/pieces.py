"""What is said at once: a text cut into sentences, and a long sentence where one would breathe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiorole.models.phonemes.writing import ABBREVIATIONS

LONGEST = 200
"""Characters of a piece: English has about one phoneme a letter, and the talker reads 510."""

_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*(?=\s|$)|[。！？]")
_SHORT = re.compile(
    rf"(?:\b(?:{'|'.join(re.escape(name) for name in ABBREVIATIONS if name not in ('no', 'etc'))})|\b[A-Z])\.$", re.I
)
_CLAUSE = re.compile(r"[;:—–,][\"'”’)\]]*(?=\s)|—")
FIRST_CLAUSE = 12
"""Characters of a clause that is said on its own: a "No, …" or a name says more with what comes behind it."""
_BREATH = (r"[;:—–,](?=\s)|—", r"\s(?=(?:and|but|or|because|that|which|who|when|while|so)\s)", r"\s")


def spoken_pieces(text: str, longest: int = LONGEST) -> list[str]:
    """Return `text` as pieces of at most `longest` characters, cut at ends of sentences, else at commas, else at words.

    Together they hold every word of `text`, in order; a piece without a letter or a figure is none.

    >>> spoken_pieces("Dr. Lee is here. Who? You!")
    ['Dr. Lee is here.', 'Who?', 'You!']
    """
    pieces = [piece for sentence in _sentences(" ".join(text.split())) for piece in _shortened(sentence, longest)]
    return [piece for piece in pieces if any(letter.isalnum() for letter in piece)]


def ended(text: str) -> int:
    """Return how many characters of a growing `text` are whole sentences, whatever comes behind them."""
    last = 0
    for found in _END.finditer(text):
        behind = text[found.end() :]
        if behind.strip() and not _goes_on(text[: found.end()], behind):
            last = found.end()
    return last


def first_clause(text: str) -> int:
    """Return how many characters of a growing `text` are its first clause, 0 while it is not whole.

    >>> "Not the old boat, the"[: first_clause("Not the old boat, the")]
    'Not the old boat,'
    >>> first_clause("No, it"), first_clause("Not the old boat,")
    (0, 0)
    """
    for found in _CLAUSE.finditer(text):
        if found.end() >= FIRST_CLAUSE and text[found.end() :].strip():
            return found.end()
    return 0


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for found in _END.finditer(text):
        if not _goes_on(text[start : found.end()], text[found.end() :]):
            yield text[start : found.end()].strip()
            start = found.end()
    if text[start:].strip():
        yield text[start:].strip()


def _goes_on(said: str, behind: str) -> bool:
    """Return whether the mark at the end of `said` ends no sentence: an abbreviation, or small letters go on."""
    following = behind.lstrip()[:1]
    return bool(following) and (bool(_SHORT.search(said)) or (said.endswith(("…", "...")) and following.islower()))


def _shortened(sentence: str, longest: int) -> Iterator[str]:
    while len(sentence) > longest:
        cut = _cut(sentence, longest)
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence


def _cut(sentence: str, longest: int) -> int:
    """Return where a long sentence is cut: at the last breath in its second half, or through a word without end."""
    for breath in _BREATH:
        places = [found.end() for found in re.finditer(breath, sentence[:longest]) if found.end() > longest // 4]
        if places:
            return places[-1]
    return longest
