"""The words of a series, read once: which lines hold which, how lines begin and end, who is called by name.

No language is assumed. Words are tokens and pairs of tokens; scripts written without spaces fall back on characters and
their pairs and triples.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

UNSPACED = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, Han: scripts that do not put spaces between words."""

_WORD = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:['’][^\W_]+)?")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_SEVERAL = re.compile(r"(?<![\x00-\x7f])\s*[/／]|[/／]\s*(?![\x00-\x7f])|\s[/／]\s")
"""A stroke between two people's words in one line, never one within an English word or a number (and/or, 24/7)."""


def units(text: str) -> list[str]:
    """Return the words of `text`, casefolded; single characters in scripts without spaces."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        found.extend(word) if _UNSPACED.match(word) else found.append(word)
    return found


def grams(one: Sequence[str]) -> list[str]:
    """Return `units`, their pairs, and in scripts without spaces their triples.

    >>> grams(units("Thanks, Joe!"))
    ['thanks', 'joe', 'thanks joe']
    """
    glue = ["" if _UNSPACED.match(unit) else " " for unit in one]
    twos = [first + between + second for first, between, second in zip(one, glue, one[1:], strict=False)]
    runs = zip(one, glue, one[1:], one[2:], strict=False)
    return [*one, *twos, *(first + second + third for first, between, second, third in runs if not between)]


def several(text: str) -> bool:
    """Return whether a line holds the words of more than one person, by the stroke between them.

    >>> several("Stop! / What?"), several("他/你闭嘴"), several("24/7, and/or never")
    (True, True, False)
    """
    return _SEVERAL.search(text.strip(" /／")) is not None


class Presence:
    """Which lines hold which words, gathered line by line."""

    def __init__(self) -> None:
        self._vocabulary: dict[str, int] = {}
        self._columns = array("i")
        self._pointer = array("q", [0])

    def add(self, words: Iterable[str]) -> None:
        """Add the next line."""
        place = self._vocabulary.setdefault
        self._columns.extend({place(word, len(self._vocabulary)) for word in words})
        self._pointer.append(len(self._columns))

    def matrix(self, least: int, most: float) -> sparse.csr_matrix:
        """Return `(N, V)`, ones, for words that at least `least` lines and at most a share `most` of them hold."""
        shape = (len(self._pointer) - 1, len(self._vocabulary))
        index = np.array(self._columns, np.int32)
        matrix = sparse.csr_matrix((np.ones(len(index), np.float32), index, np.array(self._pointer)), shape)
        held = np.bincount(matrix.indices, minlength=shape[1])
        return matrix[:, np.flatnonzero((held >= least) & (held <= max(most * shape[0], least)))]


def name_keys(name: str, aliases: Sequence[str]) -> set[str]:
    """Return the forms under which a character may be called: full names, and given names."""
    keys: set[str] = set()
    for form in (name, *aliases):
        parts = grams(units(re.sub(r"\(.*?\)|（.*?）", "", form)))
        whole = [p for p in parts if " " not in p]
        keys.update(p for p in whole if len(p) > 1)
        keys.update(p for p in parts if " " in p)
    return keys


def _owners(names: Sequence[set[str]]) -> dict[str, int]:
    """Return whose each key is; one that several candidates share (a family name) is nobody's."""
    owners: dict[str, int] = {}
    for index, forms in enumerate(names):
        for form in forms:
            owners[form] = index if form not in owners else -1
    return owners


@dataclass(frozen=True)
class Wording:
    """What is said in `N` lines, as sparse matrices of ones, and what cannot be said by one person.

    words: `(N, V)` the words, pairs and triples of each line. begins, ends: `(N, V)` one and two units at either end,
    and the last mark. named: `(N, K)` whose names are called. several: `(N,)` the words of more than one person.
    length: `(N,)` units in each line; digest: `(N,)` the same number for the same units.
    """

    words: sparse.csr_matrix
    begins: sparse.csr_matrix
    ends: sparse.csr_matrix
    named: sparse.csr_matrix
    several: NDArray[np.bool_]
    length: NDArray[np.int32]
    digest: NDArray[np.uint64]

    @classmethod
    def read(cls, texts: Sequence[str], names: Sequence[set[str]], most: float = 0.05) -> Wording:
        """Read the lines. names: the keys of each candidate (`name_keys`). most: share of lines a word may be in."""
        return Said.read(texts, set().union(*names), most).by(names)


@dataclass(frozen=True)
class Said:
    """The lines as they were read, whoever the candidates are: a series that is named again is not read again.

    wording: with the form called in place of the candidate, `named` is `(N, F)`. forms: of names, in order.
    """

    wording: Wording
    forms: tuple[str, ...]

    @classmethod
    def read(cls, texts: Sequence[str], forms: Collection[str], most: float = 0.05) -> Said:
        """Read the lines. forms: names that may be called. most: share of lines a word may be in."""
        words, begins, ends = Presence(), Presence(), Presence()
        place, rows, columns = {form: at for at, form in enumerate(sorted(forms))}, array("q"), array("q")
        length, digest = np.zeros(len(texts), np.int32), np.zeros(len(texts), np.uint64)
        for row, text in enumerate(texts):
            one = units(text)
            length[row], digest[row] = len(one), _digest(one)
            every = grams(one)
            words.add(every)
            begins.add(_edge(one[:2], one[:1]))
            ends.add([*_edge(one[-2:], one[-1:]), text.rstrip()[-1:]])
            called = [place[form] for form in place.keys() & every]
            columns.extend(called)
            rows.extend([row] * len(called))
        split = np.array([several(t) for t in texts], bool)
        named = _ones(rows, columns, (len(texts), len(place)))
        edges = begins.matrix(3, 1.0), ends.matrix(3, 1.0)
        return cls(Wording(words.matrix(2, most), *edges, named, split, length, digest), tuple(place))

    def by(self, names: Sequence[set[str]]) -> Wording:
        """Return what is said, with the candidates whose names are called. names: the keys of each, all in `forms`."""
        owners = _owners(names)
        owner = np.array([owners.get(form, -1) for form in self.forms], np.int64)
        called = self.wording.named.tocoo()
        known = owner[called.col] >= 0
        named = _ones(called.row[known], owner[called.col[known]], (called.shape[0], len(names)))
        return replace(self.wording, named=named)


def _ones(rows: ArrayLike, columns: ArrayLike, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return a matrix of ones at these places, each of which may be given more than once."""
    matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape)  # type: ignore[arg-type]
    matrix.data[:] = 1.0
    return matrix


def _digest(one: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(one).encode(), digest_size=8).digest(), "little")


def _edge(two: Sequence[str], one: Sequence[str]) -> list[str]:
    """Return how a line begins or ends: two units as one word, and one; nothing where there is none."""
    return [("" if _UNSPACED.match(two[0]) else " ").join(two), *one] if two else []
