"""English text → the phonemes that Kokoro reads: how words are said beside each other, and what is said at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from audiorole.models.phonemes.letters import STRESSED, VOWELS
from audiorole.models.phonemes.lexicon import LAST, LETTERS, LONGEST_SPELLED, USUAL, Lexicon, Parts, load_lexicon, spell
from audiorole.models.phonemes.writing import MARKS, spoken_text

LONGEST_PIECE = 400
"""Phonemes said at once: Kokoro reads 510, and its pace is best below that."""

LONGEST_WORD = 40
"""Letters of one word; what is longer is cut."""

_BEFORE_VERBS = frozenset(
    [
        "to",
        "will",
        "would",
        "can",
        "could",
        "should",
        "must",
        "may",
        "might",
        "shall",
        "don't",
        "doesn't",
        "didn't",
        "won't",
        "can't",
        "couldn't",
        "wouldn't",
        "shouldn't",
        "let's",
        "please",
        "i",
        "you",
        "we",
        "they",
        "who",
        "i'll",
        "you'll",
        "we'll",
        "they'll",
        "he'll",
        "she'll",
        "never",
        "always",
        "not",
        "and",
    ]
)
_BEFORE_NOUNS = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "your",
        "his",
        "her",
        "our",
        "their",
        "its",
        "this",
        "that",
        "these",
        "those",
        "no",
        "some",
        "any",
        "every",
        "each",
        "of",
        "with",
        "in",
        "on",
        "at",
        "for",
        "from",
        "new",
        "good",
        "great",
        "big",
        "own",
        "other",
        "last",
        "first",
    ]
)
_BEFORE_PARTICIPLES = frozenset(
    [
        "have",
        "has",
        "had",
        "having",
        "was",
        "were",
        "is",
        "are",
        "been",
        "be",
        "being",
        "i've",
        "you've",
        "we've",
        "they've",
        "he's",
        "she's",
        "it's",
    ]
)
_BEFORE_OBJECTS = frozenset(
    ["the", "a", "an", "your", "my", "his", "her", "it", "this", "that", "them", "me", "us", "him", "our", "their"]
)
_AFTER_NOUNS = frozenset(
    [
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "with",
        "by",
        "and",
        "or",
        "but",
        "is",
        "was",
        "are",
        "were",
        "has",
        "had",
        "will",
        "would",
        "can",
        "that",
        "who",
    ]
)
_PAST = frozenset(["he", "she", "it", "yesterday"])


@dataclass(frozen=True)
class EnglishPhonemes:
    """Says English text in Kokoro's vocabulary: misaki's signs, marks, spaces."""

    lexicon: Lexicon

    def __call__(self, text: str) -> str:
        """Return the phonemes of `text`; "" where nothing in it can be said.

        >>> EnglishPhonemes(Lexicon({"Joe": "ʤˈO", "hello": "həlˈO"}, letter_rules()))("Hello, Joe!")  # doctest: +SKIP
        'həlˈO, ʤˈO!'
        """
        tokens = re.findall(rf"[A-Za-z'-]+|[{re.escape(MARKS)}]| ", spoken_text(text))
        said = self._say(tokens)
        return said if any(sound not in MARKS + " " for sound in said) else ""

    def _say(self, tokens: list[str]) -> str:
        """Return the tokens said, from the last to the first: a word may depend on the sound that follows it."""
        parts, following = list[str](), ""
        for place in range(len(tokens) - 1, -1, -1):
            token = tokens[place]
            if token[0].isalpha() or token[0] == "'":
                token = self._word(token, _before(tokens, place), _behind(tokens, place), following)
                following = token
            elif token != " ":
                following = ""
            parts.append(token)
        return "".join(reversed(parts)).replace("ɾ", "T").replace("ʔ", "t")

    def _word(self, word: str, before: str, behind: str, following: str) -> str:
        """Return one word. before, behind: its neighbours; following: what the next one sounds like, "" for none."""
        if (said := _small_word(word, before, following)) is not None:
            return said
        if word.startswith("'") and word not in self.lexicon:
            return self._word(word.lstrip("'"), before, behind, following) if word.strip("'-") else ""
        if "-" in word and word not in self.lexicon.entries:
            parts = [part for part in word.split("-") if part]
            return "".join(self._word(part, before, behind, following) for part in parts)
        return self._single(word[:LONGEST_WORD], _parts_of_speech(before, behind, following))

    def _single(self, word: str, parts: Parts) -> str:
        lower = word.lower()
        if len(word) == 1:
            return LETTERS.get(lower, "")
        if said := self.lexicon.find(word, parts):
            return said
        for form in (re.sub(r"(.)\1{2,}", r"\1\1", lower), re.sub(r"(.)\1+", r"\1", lower)):
            if form != lower and (said := self.lexicon.find(form, parts)):
                return said
        if word.isupper() and len(word) <= LONGEST_SPELLED and not set(lower) & set("aeiouy"):
            return spell(word)
        return self.lexicon.say(re.sub(r"(.)\1{2,}", r"\1\1", word), parts)


def _small_word(word: str, before: str, following: str) -> str | None:
    """Return a word that its neighbours change; None for another."""
    lower, vowel = word.lower(), following.lstrip(STRESSED)[:1] in VOWELS
    if lower == "a" and following and not word.isupper():
        return "ɐ"
    if lower == "an" and following:
        return "ɐn"
    if lower == "the":
        return "ði" if following and vowel else "ðə"
    if lower == "to" and following:
        return "tʊ" if vowel else "tə"
    if lower == "in" and following:
        return "ɪn"
    if lower == "i":
        return "ˌI"
    return "jˈust" if lower == "used" and following.startswith("tə") else None


def _parts_of_speech(before: str, behind: str, following: str) -> Parts:
    """Return the lexicon's names of what a word may be, as far as its neighbours tell."""
    part = _part_of_speech(before, behind)
    return (part,) if following else (part, LAST)


def _part_of_speech(before: str, behind: str) -> str:
    if before in _BEFORE_PARTICIPLES:
        return "VBN"
    if before in _PAST:
        return "VBD"
    if before in _BEFORE_NOUNS:
        return "ADJ" if behind and behind not in _AFTER_NOUNS else "NOUN"
    if before in _BEFORE_VERBS or (not before and behind in _BEFORE_OBJECTS):
        return "VERB"
    return USUAL


def _before(tokens: list[str], place: int) -> str:
    """Return the word before, in small letters; "" at the start of a phrase."""
    last = tokens[place - 2] if place > 1 and tokens[place - 1] == " " else ""
    return last.lower() if last[:1].isalpha() else ""


def _behind(tokens: list[str], place: int) -> str:
    rest = tokens[place + 1 : place + 3]
    return rest[1].lower() if len(rest) > 1 and rest[0] == " " and rest[1][0].isalpha() else ""


@lru_cache(maxsize=1)
def load_phonemes() -> EnglishPhonemes:
    """Return what says English. Raises `WeightsError` where the lexicons are not pulled."""
    return EnglishPhonemes(load_lexicon())
