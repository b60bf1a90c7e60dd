"""The words that a lexicon knows, and those that are made of them: endings, `'s`, compounds, letters by name.

misaki's US lexicons (Apache-2.0) are what Kokoro learned to read: `us_gold.json`, checked by people, goes before
`us_silver.json`; CMUdict (BSD) comes last and knows most names. A word of several ways of being said has them by part
of speech.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from audiorole.models.phonemes.arpabet import read_cmudict
from audiorole.models.phonemes.letters import LetterRules, letter_rules, with_one_stress
from audiorole.models.weights import store as weights

FILES = ("misaki/us_gold.json", "misaki/us_silver.json", "cmudict.dict")
USUAL, LAST = "DEFAULT", "None"
"""Keys of an entry: how the word is mostly said, and how it is said where nothing follows."""

Said = Mapping[str, str | None]
Parts = Sequence[str]
Entries = Mapping[str, str | Said]

LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "ˈA",
            "bˈi",
            "sˈi",
            "dˈi",
            "ˈi",
            "ˈɛf",
            "ʤˈi",
            "ˈAʧ",
            "ˈI",
            "ʤˈA",
            "kˈA",
            "ˈɛl",
            "ˈɛm",
            "ˈɛn",
            "ˈO",
            "pˈi",
            "kjˈu",
            "ˈɑɹ",
            "ˈɛs",
            "tˈi",
            "jˈu",
            "vˈi",
            "dˈʌbᵊlju",
            "ˈɛks",
            "wˈI",
            "zˈi",
        ],
        strict=True,
    )
)
"""Names of the letters."""

SHORT_FORMS = {"'d": "d", "'ll": "əl", "'ve": "əv", "'re": "əɹ", "n't": "ᵊnt", "'m": "m"}
"""What may hang on any word."""

SOUNDS = {
    "sh": "ʃ", "hm": "hm", "m": "m", "pft": "pft", "pst": "pst", "br": "bɹ", "gr": "ɡɹ", "tsk": "tsk", "z": "z",
    "ps": "ps", "tch": "ʧ", "mhm": "mhm", "ahem": "əhˈɛm", "aw": "ˈɔ", "eh": "ˈA", "argh": "ˈɑɹɡ",
    "woulda": "wˈʊdə", "coulda": "kˈʊdə", "shoulda": "ʃˈʊdə", "mighta": "mˈIɾə", "musta": "mˈʌstə",
}  # fmt: skip
"""Sounds that are written, however long: each letter once."""

_VOICELESS, _HISSING = "ptkfθʔ", "szʃʧʒʤ"
LONGEST_SPELLED = 4
"""Letters: a word without a vowel that is longer is mumbled, not spelled."""

SHORTEST_PART, SHORTEST_COMPOUND = 3, 7
"""Letters of either half of a compound, and of the whole: shorter ones are found in words that are none."""


@dataclass(frozen=True)
class Lexicon:
    """How a word is said. entries: word → phonemes, or part of speech → phonemes; rules: for words it cannot make."""

    entries: Entries
    rules: LetterRules

    def __contains__(self, word: str) -> bool:
        """Return whether `word` is known, or made of known words."""
        return bool(self.find(word))

    def say(self, word: str, parts: Parts = ()) -> str:
        """Return the phonemes of a word (letters and apostrophes), whatever it is. parts: of speech that it
        may be, the likeliest first, and `LAST`."""
        if found := self.find(word, parts):
            return found
        if word.endswith("'s") and len(word) > 2:
            return _plural(self.say(word.removesuffix("'s"), parts))
        plain = word.lower().replace("'", "")
        if (sound := re.sub(r"(.)\1+", r"\1", plain)) in SOUNDS:
            return SOUNDS[sound]
        return (
            self.rules(plain) or spell(plain)
            if set(plain) & set("aeiouy") or len(plain) > LONGEST_SPELLED
            else spell(plain)
        )

    def find(self, word: str, parts: Parts = ()) -> str:
        """Return the phonemes of a word that is known or made of known words; "" for another."""
        return self.known(word, parts) or self._with_ending(word.lower(), parts) or self._compound(word.lower())

    def known(self, word: str, parts: Parts = ()) -> str:
        """Return the phonemes of an entry, under the word as written, in small letters or with a capital."""
        for form in dict.fromkeys((word, word.lower(), word.capitalize())):
            entry = self.entries.get(form)
            if entry is not None:
                return entry if isinstance(entry, str) else next(filter(None, map(entry.get, (*parts, USUAL))), "")
        return ""

    def _with_ending(self, word: str, parts: Parts) -> str:
        for short, said in SHORT_FORMS.items():
            if word.endswith(short) and (base := self.find(word.removesuffix(short), parts)):
                return base + said
        for ending, add in (
            (("'s", "s'", "'"), _plural),
            (("s", "es"), _plural),
            (("ed", "d"), _past),
            (("in'",), _going),
        ):
            for one in ending:
                stem = word.removesuffix(one)
                if stem != word and (said := self._stem(stem, parts)):
                    return add(said) if one != "'" else said
        return self._derived(word)

    def _stem(self, stem: str, parts: Parts) -> str:
        """Return what is before an ending: `stopp` is stop's, `bak` is bake's, `cri` is cry's."""
        doubled = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else ""
        forms = [
            stem,
            f"{stem}e",
            doubled,
            f"{stem[:-2]}y" if stem.endswith("ie") else "",
            f"{stem[:-1]}y" if stem.endswith("i") else "",
        ]
        return next((said for form in forms if len(form) > 1 and (said := self.known(form, parts))), "")

    def _derived(self, word: str) -> str:
        for ending, said in (
            ("ing", "ɪŋ"),
            ("ness", "nəs"),
            ("less", "ləs"),
            ("ly", "li"),
            ("er", "əɹ"),
            ("y", "i"),
            ("ish", "ɪʃ"),
        ):
            stem = word.removesuffix(ending)
            if stem != word and len(stem) > 2 and (base := self._stem(stem, ())):
                return base + said
        for start, said in (
            ("un", "ʌn"),
            ("non", "nɑn"),
            ("re", "ɹi"),
            ("pre", "pɹi"),
            ("super", "sˌupəɹ"),
            ("anti", "ˌænti"),
        ):
            stem = word.removeprefix(start)
            if stem != word and len(stem) > 3 and (base := self.known(stem)):
                return said + base
        return ""

    def _compound(self, word: str) -> str:
        """Return two known words as one, the stress on the first: the longest first half decides."""
        cuts = range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1) if len(word) >= SHORTEST_COMPOUND else ()
        for cut in cuts:
            first, second = self.known(word[:cut]), self.known(word[cut:])
            if first and second:
                return with_one_stress(first + second)
        return ""


def spell(letters: str) -> str:
    """Return the names of `letters`, the last one stressed.

    >>> spell("tv")
    'tˌivˈi'
    """
    names = [LETTERS[letter] for letter in letters.lower() if letter in LETTERS]
    return "".join([*(name.replace("ˈ", "ˌ") for name in names[:-1]), *names[-1:]])


def _plural(said: str) -> str:
    return said + ("ᵻz" if said[-1] in _HISSING else "s" if said[-1] in _VOICELESS else "z")


def _past(said: str) -> str:
    return said + ("ᵻd" if said[-1] in "tdɾ" else "t" if said[-1] in _VOICELESS + "sʃʧ" else "d")


def _going(said: str) -> str:
    return f"{said}ɪn"


def read_lexicon(paths: tuple[Path, ...]) -> Lexicon:
    """Return the lexicon of files, misaki's JSON or CMUdict's; an earlier one goes before a later one."""
    entries: dict[str, str | Said] = {}
    for path in paths:
        known = {word.lower() for word in entries}
        found: Entries = _read_json(path) if path.suffix == ".json" else read_cmudict(path)
        entries |= {word: said for word, said in found.items() if word.lower() not in known}
    return Lexicon(entries, letter_rules())


def _read_json(path: Path) -> dict[str, str | dict[str, str | None]]:
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str | dict[str, str | None]])


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Return the lexicon of the pulled weights. Raises `WeightsError` that names them where they are absent."""
    return read_lexicon(tuple(weights.path(name) for name in FILES))
