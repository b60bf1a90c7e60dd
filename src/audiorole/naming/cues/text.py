"""What is said: names called, and the words that go with a speaker, learnt from the series' own sure lines.

A line's words speak for whoever uses them (naive Bayes); a name called speaks for its bearer before and after, and
against them in the line itself; how lines begin and end tells whether the speaker changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audiorole.naming.block import Block, Planes
from audiorole.naming.cues.wording import Wording
from audiorole.naming.lines import Floats

STRENGTH = 4.0
EDGE_STRENGTH = 10.0
"""Lines of prior behind each word's counts: for speakers, and for changes of speaker."""


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
        """Return `(n, C + 1)` summed log-odds of the words, each line's own belief taken out."""
        part = self.words[block.rows]
        line = np.repeat(np.arange(len(block)), np.diff(part.indptr))
        every = self.counts[part.indices]
        total = np.maximum(every.sum(1, keepdims=True) - block.belief[line].sum(1, keepdims=True), 0)
        rest, prior = np.maximum(every[:, block.columns] - block.belief[line], 0), self.prior[block.columns]
        odds = np.log((rest + STRENGTH * prior) / (total + STRENGTH) / prior)
        ones = np.ones(len(line), np.float32)
        by_line = sparse.csr_matrix((ones, np.arange(len(line)), part.indptr), (len(block), len(line)))
        return np.asarray(np.clip(by_line @ odds, -6, 6), np.float32)


def shifted(
    rows: NDArray[np.int64], offset: int, episode: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the lines `offset` away from `rows`, and whether they exist in the same episode."""
    at = np.clip(rows + offset, 0, len(episode) - 1)
    return at, (rows + offset == at) & (episode[at] == episode[rows])


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
    def gather(cls, words: sparse.csr_matrix, belief: NDArray[np.floating], episode: NDArray[np.integer]) -> EdgeView:
        """Count how often speakers stay, word by word, from beliefs about both lines. words: of `edge_words`."""
        before, inside = shifted(np.arange(len(belief)), -1, episode)
        own = np.zeros(len(belief), np.float32)
        for low in range(0, len(belief), 65536):
            part = slice(low, low + 65536)
            both = belief[part, :-1].astype(np.float32) * belief[before[part], :-1].astype(np.float32)
            own[part] = both.sum(1) * inside[part]
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


def edge_words(begins: sparse.csr_matrix, ends: sparse.csr_matrix, episode: NDArray[np.integer]) -> sparse.csr_matrix:
    """Return how each line begins and how the one before in its episode ended, `(N, V)`."""
    before, inside = shifted(np.arange(len(episode)), -1, episode)
    return sparse.hstack([begins, sparse.diags_array(inside.astype(np.float32)) @ ends[before]]).tocsr()


def several_plane(block: Block, split: NDArray[np.bool_]) -> Floats:
    """Return 1 under someone else where a line is said by more than one person: no name alone is right."""
    out = block.zeros()
    out[:, -1] = split[block.rows]
    return out


def named_plane(block: Block, named: sparse.csr_matrix, offset: int, episode: NDArray[np.integer]) -> Floats:
    """Return 1 where the line `offset` away calls the candidate by name. named: `(N, K)` of `Wording`."""
    at, inside = shifted(np.arange(block.rows.start, block.rows.stop), offset, episode)
    out = block.zeros()
    out[:, :-1] = named[at].toarray()[:, block.cast] * inside[:, None]
    return out


def planes(block: Block, words: WordView, wording: Wording, episode: NDArray[np.integer]) -> Planes:
    """Yield the evidence of the words of the line, of names called around it, and of several people's words."""
    yield "text.words", words.odds(block)
    for offset, name in ((0, "own"), (-1, "before"), (1, "after"), (-2, "before2"), (2, "after2")):
        yield f"text.named_{name}", named_plane(block, wording.named, offset, episode)
    yield "text.several", several_plane(block, wording.several)
