"""Two languages in every cue: the rows of the language that is spoken stay, the others are left out with a reason."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import msgspec

from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.dataset.subtitles.shown.rollup import Shown

_HABIT = 0.5
"""Share of cues with rows of two kinds from which on a file holds two languages; quoting a name is rare."""
_FEWEST = 3
_OWN_WORDS = 0.6
"""Share of the rows of a language that differ from each other; names on rows of their own return."""
_SCRIPT_OF = {
    "LATIN": "latin", "CYRILLIC": "cyrillic", "GREEK": "greek", "ARABIC": "arabic", "HEBREW": "hebrew", "THAI": "thai",
    "HANGUL": "hangul", "CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana", "FULLWIDTH": "latin", "HALFWIDTH": "kana",
    "DEVANAGARI": "devanagari", "BENGALI": "bengali", "TAMIL": "tamil", "TELUGU": "telugu", "GEORGIAN": "georgian",
    "ARMENIAN": "armenian", "KHMER": "khmer", "LAO": "lao", "MYANMAR": "myanmar",
}  # fmt: skip
_SCRIPTS: dict[str, str] = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr", "kk", "mn"), "cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur"), "arabic"), **dict.fromkeys(("he", "yi"), "hebrew"),
    **dict.fromkeys(("hi", "mr", "ne"), "devanagari"),
    "el": "greek", "th": "thai", "ko": "hangul", "zh": "han", "yue": "han", "ja": "kana", "ta": "tamil", "te": "telugu",
    "bn": "bengali", "ka": "georgian", "hy": "armenian", "km": "khmer", "lo": "lao", "my": "myanmar",
}  # fmt: skip

Kinds = tuple[str, ...]
"""Of each row of a cue: its script, or `upper` and `lower` of two languages in one script; "" for neither."""


def without_other_language(shown: Sequence[Shown], language: str = "") -> list[Shown]:
    """Return the cues with the rows of one language; those that held the other one alone have none.

    language: ISO 639-1 code of what is spoken; unknown, the language with more letters stays.
    """
    kinds, spoken = _by_script(shown, language)
    if not spoken:
        kinds, spoken = _by_place(shown, language)
    if not spoken:
        return list(shown)
    left = [
        tuple(row for row, kind in zip(now.rows, found, strict=True) if kind in ("", spoken))
        for now, found in zip(shown, kinds, strict=True)
    ]
    return [Shown(now.cue, rows) for now, rows in zip(shown, _without_brackets(left), strict=True)]


_WRAPPED = re.compile(r"^\s*[(\[（【［「](?P<inside>[^()\[\]（）【】［］]+)[)\]）】］」]\s*$")


def _without_brackets(cues: Sequence[tuple[ShownLine, ...]]) -> list[tuple[ShownLine, ...]]:
    """Open the brackets that set the spoken language apart from the other one, `Hello (你好)`, in most cues."""
    rows = [row for found in cues for row in found]
    if sum(bool(_WRAPPED.match(row.text)) for row in rows) < _HABIT * len(rows):
        return list(cues)
    return [tuple(_opened(row) for row in found) for found in cues]


def _opened(row: ShownLine) -> ShownLine:
    match = _WRAPPED.match(row.text)
    return msgspec.structs.replace(row, text=match["inside"].strip()) if match else row


_BEFORE_WORDS = re.compile(r"^[\s\-–—•>]*(?:[^:：\n]{1,30}[:：]\s*(?=\S))?")


def _said(row: ShownLine) -> str:
    """Return a row without a dash or a name before its words."""
    return _BEFORE_WORDS.sub("", row.text)


def with_divided_rows(shown: Sequence[Shown]) -> list[Shown]:
    """Divide rows that hold two languages, `Hello / 你好`, in a file that has most cues so."""
    divided = [len(_DIVIDED.split(row.text)) == 2 for now in shown for row in now.rows]
    cut = _halves if sum(divided) < _HABIT * max(_FEWEST, len(divided)) else _at_divider
    halves = [[cut(row) for row in now.rows] for now in shown]
    both = [pieces for found in halves for pieces in found if len(pieces) > 1]
    own = min(len({pieces[at].text for pieces in both}) for at in (0, 1)) if both else 0
    if len(both) < max(_FEWEST, _HABIT * len(shown)) or own < _OWN_WORDS * len(both):
        return list(shown)  # a name in one script before words in another returns again and again
    return [
        Shown(now.cue, tuple(piece for pieces in found for piece in pieces))
        for now, found in zip(shown, halves, strict=True)
    ]


_DIVIDED = re.compile(r"\s+[/|｜／]{1,2}\s+")


def _at_divider(row: ShownLine) -> list[ShownLine]:
    """Cut `Hello / Bonjour` where a file has such a mark in most rows."""
    pieces = _DIVIDED.split(row.text)
    return [msgspec.structs.replace(row, text=text) for text in pieces] if len(pieces) == 2 and all(pieces) else [row]


_DIVIDERS = " /|｜／·•-–—~"


def _halves(row: ShownLine) -> list[ShownLine]:
    """Cut a row where one writing system ends for good and another begins."""
    scripts = [
        (at, script) for at, char in enumerate(row.text) if char.isalpha() and (script := _merged(_script(char)))
    ]
    changes = [at for (_, before), (at, script) in pairwise(scripts) if before != script]
    if len(changes) != 1 or len(scripts) < 3:
        return [row]
    first, second = row.text[: changes[0]], row.text[changes[0] :]
    opening = len(first) - len(first.rstrip("([（「\"“¿¡'"))  # what opens the second half stands before its letters
    first, second = first[: len(first) - opening], first[len(first) - opening :] + second
    if first[-1:] not in _DIVIDERS:
        return [row]
    return [msgspec.structs.replace(row, text=text) for text in (first.strip(_DIVIDERS), second.strip(_DIVIDERS))]


def _merged(script: str) -> str:
    return "east" if script in ("han", "kana") else script


def script_of(text: str) -> str:
    """Return the writing system of most letters, "" where there are none; Han with some kana is Japanese.

    >>> script_of("Okay..."), script_of("好吧"), script_of("お茶を入れて"), script_of("12:30")
    ('latin', 'han', 'kana', '')
    """
    counts = Counter(_script(char) for char in text if char.isalpha())
    counts.pop("", None)
    if not counts:
        return ""
    if counts["kana"] and counts["kana"] * 5 >= counts["han"]:
        counts["kana"] += counts.pop("han", 0)
    return max(counts, key=lambda name: counts[name])


@cache
def _script(char: str) -> str:
    return _SCRIPT_OF.get(unicodedata.name(char, "").partition(" ")[0].partition("-")[0], "")


def _by_script(shown: Sequence[Shown], language: str) -> tuple[list[Kinds], str]:
    """Tell the rows apart by their writing system; one that most cues have beside another is a second language."""
    kinds = [tuple(script_of(_said(row)) or script_of(row.text) for row in now.rows) for now in shown]
    several = [set(found) - {""} for found in kinds if set(found) - {""}]
    mixed = [found for found in several if len(found) > 1]
    stacked = _stacked(shown, kinds)
    if max(len(mixed), stacked) < max(_FEWEST, _HABIT * len(several) / (2 if stacked > len(mixed) else 1)):
        return kinds, ""
    letters: Counter[str] = Counter()
    texts: dict[str, list[str]] = {}
    for now, found in zip(shown, kinds, strict=True):
        for row, kind in zip(now.rows, found, strict=True):
            letters[kind] += sum(map(str.isalpha, row.text))
            texts.setdefault(kind, []).append(row.text)
    letters.pop("", None)
    if sum(len(set(rows)) >= _OWN_WORDS * len(rows) for kind, rows in texts.items() if letters[kind]) < 2:
        return kinds, ""  # the same few rows again and again are names above what is said
    known = _spoken_script(language, letters)
    return kinds, known or max(letters, key=lambda name: letters[name])


def _spoken_script(language: str, letters: Counter[str]) -> str:
    """Return the script of the language among those of the file, "" where the language says nothing."""
    if not language:
        return ""
    script = _SCRIPTS.get(language, "latin")
    if script == "kana" and not letters["kana"]:
        script = "han"
    return script if letters[script] else ""


def _stacked(shown: Sequence[Shown], kinds: Sequence[Kinds]) -> int:
    """Count pairs of cues at one time of which each holds another script: two languages merged into one file."""
    pairs = zip(zip(shown, kinds, strict=True), zip(shown[1:], kinds[1:], strict=False), strict=False)
    return sum(
        abs(first.cue.start - second.cue.start) < 0.05 and bool(ours and theirs) and not set(ours) & set(theirs)
        for (first, ours), (second, theirs) in pairs
    )


def _by_place(shown: Sequence[Shown], language: str) -> tuple[list[Kinds], str]:
    """Tell two languages of one script apart: the upper halves of the cues share hardly a word with the lower ones."""
    halves = [len(now.rows) // 2 for now in shown]
    even = [(now, half) for now, half in zip(shown, halves, strict=True) if half and len(now.rows) == 2 * half]
    if len(even) < max(2 * _FEWEST, 0.7 * len(shown)):
        return [], ""
    upper = " ".join(_said(row) for now, half in even for row in now.rows[:half])
    lower = " ".join(_said(row) for now, half in even for row in now.rows[half:])
    if min(len(upper), len(lower)) < _LEAST_LETTERS or _shared_words(upper, lower) > _SAME_LANGUAGE:
        return [], ""
    first, second, tell = _languages(upper, lower)
    if not first or first == second or any({first, second} <= family for family in _FAMILIES):
        return [], ""
    kinds = [_placed(now.rows, tell) for now in shown]
    spoken = "upper" if language == first else "lower" if language == second else ""
    return kinds, spoken or ("upper" if len(upper) > len(lower) else "lower")


_SAME_LANGUAGE = 0.35
"""Cosine of the word counts of both halves; two halves of one language share their small words (0.6 and more)."""


def _shared_words(first: str, second: str) -> float:
    ours, theirs = (Counter(word for word in text.casefold().split() if word.isalpha()) for text in (first, second))
    product = sum(count * theirs[word] for word, count in ours.items())
    size = sum(count**2 for count in ours.values()) * sum(count**2 for count in theirs.values())
    return float(product / size**0.5) if size else 1.0


_LEAST_LETTERS, _SURE = 80, 0.9
"""Characters of each half, and probability of its language, below which nothing is said of two languages."""
_FAMILIES = (
    frozenset({"cs", "sk"}), frozenset({"hr", "sr", "bs", "sl"}), frozenset({"no", "nb", "nn", "da", "sv"}),
    frozenset({"es", "gl", "pt", "ca", "an", "oc"}), frozenset({"id", "ms", "jv"}), frozenset({"de", "lb"}),
    frozenset({"nl", "af"}),
    frozenset({"ru", "uk", "be", "bg", "mk", "sr"}),
)  # fmt: skip
"""Languages that a short text does not tell apart."""

Tell = Callable[[str], str]


def _languages(upper: str, lower: str) -> tuple[str, str, Tell]:
    """Return the languages of both halves and a function that tells which of them a text is in."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.1 s that files of one language do not pay

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    told = [identifier.classify(text) for text in (upper, lower)]
    first, second = (str(code) if float(sure) >= _SURE else "" for code, sure in told)
    if first and second and first != second:
        identifier.set_languages([first, second])
    return first, second, lambda text: "upper" if identifier.classify(text)[0] == first else "lower"


def _placed(rows: Sequence[ShownLine], tell: Tell) -> Kinds:
    """Halve the rows of a cue; a cue that cannot be halved is told by its words."""
    half = len(rows) // 2
    if len(rows) == 2 * half:
        return ("upper",) * half + ("lower",) * half
    if len(rows) == 1:
        return (tell(_said(rows[0])),)
    middle = tell(_said(rows[half]))
    return ("upper",) * half + (middle,) + ("lower",) * half
