"""Learn how English letters are said: `python tools/training/fit_letters.py us_gold.json us_silver.json`.

Writes `src/audiorole/models/phonemes/letters.txt`, the rules for words in no lexicon, and prints how often they say a
held-out word as the lexicon does. Every word's letters are aligned with its phonemes by expectation maximisation
(each letter says up to three units), then each letter keeps those contexts in which it is said otherwise than in the
narrower one (a decision tree as in Daelemans et al. 1997, IGTree).
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from audiorole.models.phonemes.letters import ORDER, LetterRules, units, window

OUT = Path(__file__).parents[2] / "src" / "audiorole" / "models" / "phonemes" / "letters.txt"
LONGEST = 3
"""Units that one letter may say."""
ROUNDS = 5
HELD_OUT = 20
"""One word of so many measures the rules."""

Word = tuple[str, tuple[str, ...]]
Chunk = tuple[str, tuple[str, ...]]


def read_words(paths: Iterable[Path]) -> list[Word]:
    """Return (letters, units) of every plain word; the usual way of saying it where there are several."""
    found: dict[str, tuple[str, ...]] = {}
    for path in paths:
        for word, said in json.loads(path.read_text()).items():
            usual = said["DEFAULT"] if isinstance(said, dict) else said
            if usual and re.fullmatch(r"[A-Z]?[a-z]+", word) and len(word) > 1:
                found.setdefault(word.lower(), tuple(units(usual)))
    return sorted(item for item in found.items() if len(item[1]) <= LONGEST * len(item[0]))


def cuts(word: Word) -> Iterator[tuple[int, int, int, Chunk]]:
    """Yield (letter, from unit, to unit, chunk) of all steps by which `word` can be cut."""
    letters, said = word
    for place, letter in enumerate(letters):
        for start in range(len(said) + 1):
            for end in range(start, min(start + LONGEST, len(said)) + 1):
                yield place, start, end, (letter, said[start:end])


def align(word: Word, cost: dict[Chunk, float]) -> list[Chunk]:
    """Return the cheapest cut of `word`, one chunk a letter."""
    letters, said = word
    best: dict[tuple[int, int], tuple[float, int]] = {(0, 0): (0.0, 0)}
    for place, start, end, chunk in cuts(word):
        if (place, start) in best and chunk in cost:
            total = best[place, start][0] + cost[chunk]
            if (place + 1, end) not in best or total < best[place + 1, end][0]:
                best[place + 1, end] = (total, start)
    if (len(letters), len(said)) not in best:
        return []
    chunks, end = list[Chunk](), len(said)
    for place in range(len(letters), 0, -1):
        start = best[place, end][1]
        chunks.append((letters[place - 1], said[start:end]))
        end = start
    return chunks[::-1]


def first_costs(words: Iterable[Word]) -> dict[Chunk, float]:
    """Return costs by how often a chunk lies near the diagonal."""
    counts: Counter[Chunk] = Counter()
    for letters, said in words:
        for place, start, end, chunk in cuts((letters, said)):
            near = abs((place + 0.5) / len(letters) - (start + end) / 2 / max(1, len(said)))
            if near < 1.5 / len(letters) + 0.1:
                counts[chunk] += 1 if end - start == 1 else 0.2
    return as_costs(counts)


def as_costs(counts: Counter[Chunk]) -> dict[Chunk, float]:
    """Return −log P(units | letter)."""
    totals: Counter[str] = Counter()
    for (letter, _), count in counts.items():
        totals[letter] += count
    return {chunk: -math.log(count / totals[chunk[0]]) for chunk, count in counts.items() if count > 0}


def learn_alignment(words: list[Word]) -> list[list[Chunk]]:
    """Return the chunks of every word that can be cut."""
    cost = first_costs(words)
    for _ in range(ROUNDS):
        aligned = [align(word, cost) for word in words]
        counts: Counter[Chunk] = Counter(chunk for chunks in aligned for chunk in chunks)
        cost = as_costs(Counter({chunk: count for chunk, count in counts.items() if count > 1}))
    return [chunks for chunks in aligned if chunks]


def grow(aligned: Iterable[list[Chunk]], least: int) -> dict[str, str]:
    """Return context → what its letter says; a context that says what the narrower one does is left out."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for chunks in aligned:
        letters = "".join(letter for letter, _ in chunks)
        for place, (_, said) in enumerate(chunks):
            context = window(letters, place)
            for width in range(1, len(ORDER) + 1):
                seen[context[:width]]["".join(said)] += 1
    usual = {context: min(said.items(), key=lambda item: (-item[1], item[0])) for context, said in seen.items()}
    rules: dict[str, str] = {}
    for context in sorted(usual, key=len):
        said, count = usual[context]
        narrower = next(
            (rules[context[:width]] for width in range(len(context) - 1, 0, -1) if context[:width] in rules), None
        )
        if narrower is None or (said != narrower and count >= least):
            rules[context] = said
    return rules


def main() -> None:
    """Fit, measure on held-out words, write the rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lexicons", nargs="+", type=Path)
    parser.add_argument("--least", type=int, default=2, help="a context must be seen so often")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    words = read_words(asked.lexicons)
    learned = [word for place, word in enumerate(words) if place % HELD_OUT]
    rules = grow(learn_alignment(learned), asked.least)
    asked.out.write_text("".join(f"{context}\t{said}\n" for context, said in sorted(rules.items())), encoding="utf-8")
    held = words[::HELD_OUT]
    say = LetterRules(rules)
    plain = re.compile("[ˈˌ]")
    right = sum(say(letters) == "".join(said) for letters, said in held)
    sounds = sum(plain.sub("", say(letters)) == plain.sub("", "".join(said)) for letters, said in held)
    print(f"{len(words):,} words, {len(rules):,} rules, {asked.out.stat().st_size:,} bytes")
    print(f"held out {len(held):,}: {right / len(held):.3f} the same, {sounds / len(held):.3f} but for stress")


if __name__ == "__main__":
    main()
