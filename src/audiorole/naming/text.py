"""What is said: names called, and the words that go with a speaker, learnt from the series' own sure lines.

No language is assumed. Words are tokens and pairs of tokens; scripts written without spaces fall back on characters and
their pairs and triples. A line's words speak for whoever uses them (naive Bayes); a name called speaks for its bearer
before and after, and against them in the line itself; how lines begin and end tells whether the speaker changed.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
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
EDGE_STRENGTH = 10.0
"""Lines of prior behind each word's counts: for speakers, and for changes of speaker."""


def tokens(text: str, pairs: bool = True) -> list[str]:
    """Return the words of `text`, and with `pairs` the pairs (and for unspaced scripts triples) of them, casefolded.

    >>> tokens("Thanks, Joe!")
    ['thanks', 'joe', 'thanks joe']
    """
    units: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        units.extend(word) if _UNSPACED.match(word) else units.append(word)
    if not pairs:
        return units
    glue = ["" if _UNSPACED.match(unit) else " " for unit in units]
    twos = [one + between + two for one, between, two in zip(units, glue, units[1:], strict=False)]
    runs = zip(units, glue, units[1:], units[2:], strict=False)
    return units + twos + [one + two + three for one, between, two, three in runs if not between]


def _join(units: Sequence[str]) -> str:
    return ("" if _UNSPACED.match(units[0]) else " ").join(units)


def count_matrix(texts: Iterable[Iterable[str]], least: int = 2, most: float = 0.05) -> sparse.csr_matrix:
    """Return `(N, V)` presence of the tokens that at least `least` lines and at most a share `most` of them hold."""
    vocabulary: dict[str, int] = {}
    columns = array("i")
    pointer = [0]
    for words in texts:
        columns.extend({vocabulary.setdefault(t, len(vocabulary)) for t in words})
        pointer.append(len(columns))
    shape = (len(pointer) - 1, len(vocabulary))
    matrix = sparse.csr_matrix(
        (
            np.ones(len(columns), np.float32),
            np.frombuffer(columns, np.int32) if columns else np.zeros(0, np.int32),
            pointer,
        ),
        shape=shape,
    )
    held = np.bincount(matrix.indices, minlength=shape[1])
    keep = np.flatnonzero((held >= least) & (held <= max(most * shape[0], least)))
    return matrix[:, keep]


@dataclass(frozen=True)
class WordView:
    """Naive Bayes over a line's words. counts: `(V, K + 1)` belief mass per word and candidate; prior: `(K + 1,)`."""

    words: sparse.csr_matrix
    counts: Floats
    prior: Floats

    @classmethod
    def gather(cls, words: sparse.csr_matrix, belief: NDArray[np.floating]) -> WordView:
        """Count which candidates the words go with."""
        counts = np.zeros((words.shape[1], belief.shape[1]), np.float32)
        for low in range(0, len(belief), 65536):
            rows = slice(low, low + 65536)
            counts += words[rows].T @ belief[rows].astype(np.float32)
        total = counts.sum(0)
        prior = (total + 1) / (total.sum() + len(total))
        return cls(words, counts, prior.astype(np.float32))

    def odds(self, block: Block) -> Floats:
        """Return `(n, K + 1)` summed log-odds of the words, each line's own belief taken out."""
        part = self.words[block.rows]
        line = np.repeat(np.arange(len(block)), np.diff(part.indptr))
        rest = self.counts[part.indices] - block.belief[line]
        np.maximum(rest, 0, out=rest)
        share = (rest + STRENGTH * self.prior) / (rest.sum(1, keepdims=True) + STRENGTH)
        odds = np.log(share / self.prior)
        ones = np.ones(len(line), np.float32)
        by_line = sparse.csr_matrix((ones, np.arange(len(line)), part.indptr), (len(block), len(line)))
        return np.asarray(np.clip(by_line @ odds, -6, 6), np.float32)


def shifted(
    rows: NDArray[np.int64], offset: int, episode: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the lines `offset` away from `rows`, and whether they exist in the same episode."""
    at = np.clip(rows + offset, 0, len(episode) - 1)
    return at, (rows + offset == at) & (episode[at] == episode[rows])


def edge_matrices(texts: Sequence[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return `(N, V)` presence of how lines begin, and of how they end: one and two units, and the last mark."""
    begins, ends = [], []
    for text in texts:
        units = tokens(text, pairs=False)
        mark = text.rstrip()[-1:]
        begins.append([_join(units[:2]), *units[:1]] if units else [])
        ends.append([_join(units[-2:]), *units[-1:], mark] if units else [mark])
    return count_matrix(begins, 3, 1.0), count_matrix(ends, 3, 1.0)


@dataclass(frozen=True)
class EdgeView:
    """Naive Bayes of "same speaker as the line before" over how a line begins and how the one before ended.

    same, all: per word, lines of one speaker with the line before and all lines; mass: their totals.
    """

    words: sparse.csr_matrix
    same: Floats
    total: Floats
    share: float
    own: Floats

    @classmethod
    def gather(
        cls,
        begins: sparse.csr_matrix,
        ends: sparse.csr_matrix,
        belief: NDArray[np.floating],
        episode: NDArray[np.integer],
    ) -> EdgeView:
        """Count how often speakers stay, word by word, from beliefs about both lines."""
        before, inside = shifted(np.arange(len(belief)), -1, episode)
        own = np.zeros(len(belief), np.float32)
        for low in range(0, len(belief), 65536):
            part = slice(low, low + 65536)
            both = belief[part, :-1].astype(np.float32) * belief[before[part], :-1].astype(np.float32)
            own[part] = both.sum(1) * inside[part]
        words = sparse.hstack([begins, sparse.diags_array(inside.astype(np.float32)) @ ends[before]]).tocsr()
        weight = inside.astype(np.float32)
        return cls(words, words.T @ own, words.T @ weight, float((own.sum() + 1) / (weight.sum() + 2)), own)

    def odds(self, block: Block) -> Floats:
        """Return `(n,)` log-odds that the speaker stays, against how often one does; the line itself left out."""
        part = self.words[block.rows]
        line = np.repeat(np.arange(len(block)), np.diff(part.indptr))
        same = np.maximum(self.same[part.indices] - self.own[block.rows][line], 0)
        total = np.maximum(self.total[part.indices] - 1, same)
        stays = (same + EDGE_STRENGTH * self.share) / (total + EDGE_STRENGTH)
        odds = np.log(stays / (1 - stays)) - np.log(self.share / (1 - self.share))
        return np.asarray(np.clip(np.bincount(line, odds, minlength=len(block)), -4, 4), np.float32)


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


_SEVERAL = re.compile(r"(?<![\x00-\x7f])\s*[/／]|[/／]\s*(?![\x00-\x7f])|\s[/／]\s")
"""A stroke between two people's words in one line, never one within an English word or a number (and/or, 24/7)."""


def several(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which lines hold the words of more than one person, by the stroke between them.

    >>> several(["Stop! / What?", "他/你闭嘴", "24/7, and/or never"]).tolist()
    [True, True, False]
    """
    return np.array([_SEVERAL.search(t.strip(" /／")) is not None for t in texts], bool)


def several_plane(block: Block, split: NDArray[np.bool_]) -> Floats:
    """Return 1 under someone else where a line is said by more than one person: no name alone is right."""
    out = block.zeros()
    out[:, -1] = split[block.rows]
    return out


def planes(block: Block, words: WordView, mentions: Mentions, episode: NDArray[np.integer]) -> Planes:
    """Yield the evidence of the words of the line, and of names called around it."""
    yield "text.words", words.odds(block)
    for offset, name in ((0, "own"), (-1, "before"), (1, "after"), (-2, "before2"), (2, "after2")):
        yield f"text.named_{name}", mentions.plane(block, offset, episode)
