"""What is said: names called, and the words that go with a speaker, learnt from the series' own sure lines.

No language is assumed. Words are tokens and pairs of tokens; scripts written without spaces fall back on characters and
their pairs and triples. Three naive Bayes views share one vocabulary: the line's own words (an idiom, "my wife"), the
words of the line before (whoever is addressed answers), and of the line after (a reply names whom it answers).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audiorole.naming.block import Block, Planes
from audiorole.naming.lines import Floats

UNSPACED = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, Han: scripts that do not put spaces between words."""

_WORD = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:['’][^\W_]+)?")
_UNSPACED = re.compile(f"[{UNSPACED}]")
STRENGTH = 4.0
"""Lines of prior behind each word's counts."""


def tokens(text: str) -> list[str]:
    """Return the words of `text` and their neighbours, casefolded.

    >>> tokens("Thanks, Joe!")
    ['thanks', 'joe', 'thanks joe']
    """
    units: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        units.extend(word) if _UNSPACED.match(word) else units.append(word)
    pairs = [_join(units[i : i + 2]) for i in range(len(units) - 1)]
    triples = [_join(units[i : i + 3]) for i in range(len(units) - 2) if _UNSPACED.match(units[i])]
    return units + pairs + triples


def _join(units: Sequence[str]) -> str:
    return ("" if _UNSPACED.match(units[0]) else " ").join(units)


def count_matrix(texts: Iterable[str], least: int = 2, most: float = 0.05) -> sparse.csr_matrix:
    """Return `(N, V)` word presence for words that at least `least` lines and at most a share `most` of them hold."""
    vocabulary: dict[str, int] = {}
    columns: list[int] = []
    pointer = [0]
    for text in texts:
        columns.extend({vocabulary.setdefault(t, len(vocabulary)) for t in tokens(text)})
        pointer.append(len(columns))
    shape = (len(pointer) - 1, len(vocabulary))
    matrix = sparse.csr_matrix((np.ones(len(columns), np.float32), np.array(columns, np.int32), pointer), shape=shape)
    held = np.bincount(matrix.indices, minlength=shape[1])
    keep = np.flatnonzero((held >= least) & (held <= max(most * shape[0], least)))
    return matrix[:, keep]


@dataclass(frozen=True)
class WordView:
    """Naive Bayes over one neighbour's words. counts: `(V, K + 1)` belief mass per word and candidate; offset: whose
    words: 0 the line's own, -1 the line before, 1 the line after."""

    words: sparse.csr_matrix
    counts: Floats
    prior: Floats
    offset: int

    @classmethod
    def gather(
        cls, words: sparse.csr_matrix, belief: NDArray[np.floating], offset: int, episode: NDArray[np.integer]
    ) -> WordView:
        """Count which candidates the words go with."""
        counts = np.zeros((words.shape[1], belief.shape[1]), np.float32)
        for low in range(0, len(belief), 65536):
            rows = np.arange(low, min(low + 65536, len(belief)))
            at, inside = shifted(rows, offset, episode)
            counts += words[at].T @ (belief[rows].astype(np.float32) * inside[:, None])
        total = counts.sum(0)
        prior = (total + 1) / (total.sum() + len(total))
        return cls(words, counts, prior.astype(np.float32), offset)

    def odds(self, block: Block, episode: NDArray[np.integer]) -> Floats:
        """Return `(n, K + 1)` summed log-odds of the words, each line's own belief taken out."""
        at, inside = shifted(np.arange(block.rows.start, block.rows.stop), self.offset, episode)
        part = self.words[at]
        line = np.repeat(np.arange(len(block)), np.diff(part.indptr))
        rest = self.counts[part.indices] - block.belief[line] * inside[line, None]
        np.maximum(rest, 0, out=rest)
        share = (rest + STRENGTH * self.prior) / (rest.sum(1, keepdims=True) + STRENGTH)
        odds = np.log(share / self.prior)
        ones = np.ones(len(line), np.float32)
        by_line = sparse.csr_matrix((ones, np.arange(len(line)), part.indptr), (len(block), len(line)))
        return np.asarray(np.clip(by_line @ odds, -6, 6) * inside[:, None], np.float32)


def shifted(
    rows: NDArray[np.int64], offset: int, episode: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the lines `offset` away from `rows`, and whether they exist in the same episode."""
    at = np.clip(rows + offset, 0, len(episode) - 1)
    return at, (rows + offset == at) & (episode[at] == episode[rows])


def name_keys(name: str, aliases: Sequence[str]) -> set[str]:
    """Return the token forms under which a character may be called: full names, and given names."""
    keys: set[str] = set()
    for form in (name, *aliases):
        parts = tokens(re.sub(r"\(.*?\)|（.*?）", "", form))
        whole = [p for p in parts if " " not in p]
        keys.update(p for p in whole if len(p) > 1)
        keys.update(p for p in parts if " " in p)
    return keys


@dataclass(frozen=True)
class Mentions:
    """Which lines hold which candidates' names: `(N, K)` sparse booleans."""

    matrix: sparse.csr_matrix

    @classmethod
    def find(cls, texts: Sequence[str], keys: Sequence[set[str]]) -> Mentions:
        """Look every name up; a key that several candidates share (a family name) counts for none."""
        owners: dict[str, int] = {}
        for index, forms in enumerate(keys):
            for form in forms:
                owners[form] = index if form not in owners else -1
        rows, columns = [], []
        for row, text in enumerate(texts):
            for column in {owners.get(t, -1) for t in tokens(text)} - {-1}:
                rows.append(row)
                columns.append(column)
        ones = np.ones(len(rows), np.float32)
        return cls(sparse.csr_matrix((ones, (rows, columns)), (len(texts), len(keys)), dtype=np.float32))

    def plane(self, block: Block, offset: int, episode: NDArray[np.integer]) -> Floats:
        """Return 1 where the line `offset` away calls the candidate by name."""
        at, inside = shifted(np.arange(block.rows.start, block.rows.stop), offset, episode)
        out = block.zeros()
        out[:, :-1] = self.matrix[at].toarray() * inside[:, None]
        return out


def planes(block: Block, views: Sequence[WordView], mentions: Mentions, episode: NDArray[np.integer]) -> Planes:
    """Yield the evidence of the words around the line."""
    names = {0: "own", -1: "before", 1: "after"}
    for view in views:
        yield f"text.words_{names[view.offset]}", view.odds(block, episode)
    for offset, name in ((0, "own"), (-1, "before"), (1, "after"), (-2, "before2"), (2, "after2")):
        yield f"text.named_{name}", mentions.plane(block, offset, episode)
