"""Align a script to subtitle lines by their words: one global, monotone alignment of both word sequences.

Words, not lines, are aligned, so it does not matter how either side cut its lines. What the script has in another
order (moved scenes) is then looked for by its words alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from audiorole.dataset.script.records import Match, ScriptLine

# Scripts without spaces are aligned by character: Han, kana, Thai, Lao, Khmer.
_TOKENS = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\w'’]+")
_SIMILAR = 70.0
"""Least similarity (0–100) of two words aligned to each other that counts as the same word misspelt."""
_MOVED_WORDS = 4
"""A line found out of order needs this many words: shorter ones are said by everybody."""
_MOVED_SCORE = 85.0
"""Least similarity (0–100) of a line found out of order."""
_SHORT_WORDS = 3
"""Lines of fewer words ("No.", "Yes, sir") agree by chance: their neighbours must agree too."""
_NEIGHBOURS = 3
"""Lines on each side that vouch for a short one."""


def align_script(script: Sequence[ScriptLine], texts: Sequence[str]) -> list[Match | None]:
    """Return for each subtitle text its place in the script, None where no word of it was found.

    texts: of the subtitle's lines in time order. Robust to paraphrase, to lines missing on either side and to lines
    joined or split on either side; 1,000 x 1,000 lines take a tenth of a second. The caller says what score suffices.
    """
    ours = [tokens(text) for text in texts]
    theirs = [tokens(line.text) for line in script]
    found = _word_matches(theirs, ours)
    matches = [_match(script, words, hits) for words, hits in zip(ours, found, strict=True)]
    return _with_moved(script, texts, _vouched(matches, ours))


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of `text` in the form in which they are compared.

    >>> tokens("Don’t go, José!"), tokens("你好")
    (('dont', 'go', 'jose'), ('你', '好'))
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char) or ord(char) > 0x370)
    words = (word.replace("'", "").replace("’", "") for word in _TOKENS.findall(unicodedata.normalize("NFC", plain)))
    return tuple(word for word in words if word)


Hits = list[tuple[int, float]]
"""Per word of a subtitle line: index of the script line and how well the word agrees, in (0, 1]."""


def _word_matches(theirs: Sequence[tuple[str, ...]], ours: Sequence[tuple[str, ...]]) -> list[Hits]:
    """Align all words of both sides; return the hits of each of our lines."""
    their_words = [word for words in theirs for word in words]
    our_words = [word for words in ours for word in words]
    their_line = [line for line, words in enumerate(theirs) for _ in words]
    starts = list(accumulate((len(words) for words in ours), initial=0))
    hit: list[tuple[int, float] | None] = [None] * len(our_words)
    for step in Levenshtein.opcodes(their_words, our_words):
        if step.tag not in ("equal", "replace"):
            continue
        for source, target in zip(
            range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True
        ):
            agreement = _agreement(their_words[source], our_words[target])
            if agreement:
                hit[target] = (their_line[source], agreement)
    return [[found for found in hit[start:end] if found] for start, end in pairwise(starts)]


def _agreement(theirs: str, ours: str) -> float:
    if theirs == ours:
        return 1.0
    similarity = fuzz.ratio(theirs, ours)
    return similarity / 100 if similarity >= _SIMILAR else 0.0


def _match(script: Sequence[ScriptLine], words: tuple[str, ...], hits: Hits) -> Match | None:
    """Sum the hits of a line by speaker; the speaker with most of its words says it."""
    if not hits:
        return None
    by_speaker, by_line = Counter[str](), Counter[int]()
    for line, agreement in hits:
        by_speaker[script[line].speaker] += agreement  # type: ignore[assignment]
        by_line[line] += agreement  # type: ignore[assignment]
    speaker, agreed = max(by_speaker.items(), key=lambda item: item[1])
    line = max((line for line in by_line if script[line].speaker == speaker), key=lambda at: by_line[at])
    # A word or two of somebody else are chance, or one word of the neighbour's line.
    others = tuple(
        name for name, weight in by_speaker.items() if name != speaker and weight >= max(2, 0.25 * len(words))
    )
    return Match(speaker=speaker, score=min(1.0, agreed / len(words)), line=line, others=others)


def _vouched(matches: Sequence[Match | None], ours: Sequence[tuple[str, ...]]) -> list[Match | None]:
    """Weigh short lines by their neighbours: a lone "no" inside an unknown scene means nothing."""
    vouched: list[Match | None] = []
    for at, (match, words) in enumerate(zip(matches, ours, strict=True)):
        if match is None or len(words) >= _SHORT_WORDS:
            vouched.append(match)
            continue
        around = [
            other.score if other and abs(other.line - match.line) <= 2 * _NEIGHBOURS else 0.0
            for near in (*range(max(0, at - _NEIGHBOURS), at), *range(at + 1, min(len(matches), at + _NEIGHBOURS + 1)))
            if len(ours[near]) >= _SHORT_WORDS
            for other in (matches[near],)
        ]
        support = sum(around) / len(around) if around else 0.5
        vouched.append(
            Match(
                speaker=match.speaker, score=match.score * min(1.0, 0.2 + support), line=match.line, others=match.others
            )
        )
    return vouched


def _with_moved(script: Sequence[ScriptLine], texts: Sequence[str], matches: list[Match | None]) -> list[Match | None]:
    """Look up lines without a good place by their words alone: the script may have its scenes in another order."""
    ours = [" ".join(tokens(text)) for text in texts]
    lost = [
        at
        for at, match in enumerate(matches)
        if (match is None or match.score < _MOVED_SCORE / 100 / 2) and len(ours[at].split()) >= _MOVED_WORDS
    ]
    if not lost or not script:
        return matches
    theirs = [" ".join(tokens(line.text)) for line in script]
    similar = process.cdist([ours[at] for at in lost], theirs, scorer=fuzz.ratio, score_cutoff=_MOVED_SCORE)
    for at, row in zip(lost, similar, strict=True):
        best = int(np.argmax(row))
        if row[best] > 0:
            matches[at] = Match(speaker=script[best].speaker, score=float(row[best]) / 100, line=best, moved=True)
    return matches
