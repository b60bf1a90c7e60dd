"""Texts that can be recognised and not read, and the search for them in somebody's own subtitles.

A text is sealed by scrypt over its words in lower case, salted with the pack and the line: a guess costs some ten
milliseconds and 4 MiB, and holds for one line alone. How many words a line has is told, so that whoever has the right
subtitle needs a few guesses a line. Whether case and signs are the same too is told only to who knows the words.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from audiorole.dataset.lines.text import normalised
from audiorole.dataset.pack.records import MEMORY, SealedText, Sealing
from audiorole.types import Utterance

DIGEST_BYTES, EXACT_BYTES = 8, 4

TRIES = 16
"""Guesses a line: a run of the right number of words, the nearest in time first."""

NEAR_SECONDS = 3.0
"""How far from its place a text is looked for: subtitles stand longer than is spoken, and sync leaves some tenths."""


def seal(text: str, line: str, sealing: Sealing) -> SealedText:
    """Return `text` of the line with the id `line`, sealed."""
    words = normalised(text)
    key = _key(words, line, sealing)
    return SealedText(len(words.split()), key[:DIGEST_BYTES].hex(), _exact(key, text))


def opens(text: str, line: str, sealed: SealedText, sealing: Sealing) -> str:
    """Return whether `text` is what was sealed: `exact`, `same_words`, or "" where it is something else."""
    words = normalised(text)
    if len(words.split()) != sealed.words:
        return ""
    key = _key(words, line, sealing)
    if not hmac.compare_digest(key[:DIGEST_BYTES].hex(), sealed.digest):
        return ""
    return "exact" if _exact(key, text) == sealed.exact else "same_words"


def _key(words: str, line: str, sealing: Sealing) -> bytes:
    salt = f"{sealing.salt}/{line}".encode()
    return hashlib.scrypt(
        words.encode(), salt=salt, n=sealing.n, r=sealing.r, p=sealing.p, maxmem=MEMORY, dklen=DIGEST_BYTES + 32
    )


def _exact(key: bytes, text: str) -> str:
    return hmac.new(key[DIGEST_BYTES:], text.encode(), hashlib.sha256).digest()[:EXACT_BYTES].hex()


@dataclass(frozen=True)
class _Piece:
    """A word as it is written, with how many words of the search are in it, and about when it is said."""

    shown: str
    words: int
    time: float
    cue: int


@dataclass(frozen=True)
class Found:
    """A text for a line. source: `exact`, `same_words`, `own` or `none`. cues: numbers of the subtitle lines used."""

    text: str
    source: str
    cues: tuple[int, ...] = ()


class OwnText:
    """The words of a copy's own subtitle, on the clock of its audio."""

    def __init__(self, cues: Sequence[Utterance], sealing: Sealing) -> None:
        self._sealing = sealing
        self._pieces = [piece for number, cue in enumerate(cues) for piece in _pieces(cue, number)]

    def find(self, line: str, start: float, end: float, sealed: SealedText | None) -> Found:
        """Return the text of a line that lies at `start` to `end` in the copy."""
        if sealed:
            for run in self._runs(start, end, sealed.words):
                text = " ".join(piece.shown for piece in run)
                if source := opens(text, line, sealed, self._sealing):
                    return Found(text, source, _cues(run))
        run = [piece for piece in self._pieces if start - 0.2 <= piece.time <= end + 0.2]
        return Found(" ".join(piece.shown for piece in run), "own" if run else "none", _cues(run))

    def _runs(self, start: float, end: float, words: int) -> list[list[_Piece]]:
        """Return the runs of so many words around the span, the likeliest first."""
        near = [piece for piece in self._pieces if start - NEAR_SECONDS <= piece.time <= end + NEAR_SECONDS]
        runs = [run for at in range(len(near)) if (run := _run(near, at, words))]
        middle = (start + end) / 2
        return sorted(runs, key=lambda run: _distance(run, near, middle))[:TRIES]


def _run(pieces: Sequence[_Piece], at: int, words: int) -> list[_Piece]:
    """Return the pieces from `at` that have `words` words together, with the signs around them, if there are any."""
    first, last, count = at, at, 0
    while last < len(pieces) and count < words:
        count += pieces[last].words
        last += 1
    if not words or count != words or not pieces[at].words:
        return []
    while first and not pieces[first - 1].words and pieces[first - 1].cue == pieces[at].cue:
        first -= 1
    while last < len(pieces) and not pieces[last].words and pieces[last].cue == pieces[last - 1].cue:
        last += 1
    return list(pieces[first:last])


def _distance(run: Sequence[_Piece], near: Sequence[_Piece], middle: float) -> float:
    """Return how unlikely a run is: seconds between the middles, and one more where it is a part of cues."""
    cues = {run[0].cue, run[-1].cue}
    part = sum(piece.cue in cues for piece in near) > sum(piece.cue in cues for piece in run)
    return abs((run[0].time + run[-1].time) / 2 - middle) + (1.0 if part else 0.0)


def _pieces(cue: Utterance, number: int) -> list[_Piece]:
    shown = cue.text.split()
    counts = [len(normalised(word).split()) for word in shown]
    total = max(1, len(shown))
    step = (cue.end - cue.start) / total
    return [
        _Piece(word, count, cue.start + (at + 0.5) * step, number)
        for at, (word, count) in enumerate(zip(shown, counts, strict=True))
    ]


def _cues(run: Sequence[_Piece]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(piece.cue for piece in run))
