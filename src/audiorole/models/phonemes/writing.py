"""From what is written to words and marks: abbreviations, symbols, units, stutters, other scripts."""

from __future__ import annotations

import re
import unicodedata

from audiorole.models.phonemes.numbers import figures_as_words

MARKS = ';:,.!?—…"()“”'
"""Marks that the talker reads."""

ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "jr": "junior", "sr": "senior",
    "vs": "versus", "etc": "etc", "e.g": "for example", "i.e": "that is", "a.m": "A M", "p.m": "P M",
    "lt": "lieutenant", "capt": "captain", "col": "colonel", "gen": "general", "sgt": "sergeant", "maj": "major",
    "gov": "governor", "sen": "senator", "rev": "reverend", "hon": "honorable", "mt": "mount", "ft": "fort",
    "ave": "avenue", "blvd": "boulevard", "rd": "road", "inc": "incorporated", "ltd": "limited", "corp": "corporation",
    "dept": "department", "approx": "approximately", "no": "number", "st": "saint",
}  # fmt: skip
"""Written with a full stop, which is no end of a sentence."""

TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "lt",
        "capt",
        "col",
        "gen",
        "sgt",
        "maj",
        "gov",
        "sen",
        "rev",
        "hon",
        "mt",
        "ft",
        "st",
    ]
)
"""Before a name: also a capital behind one goes on with the sentence."""

SYMBOLS = {"&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "%": " percent ", "/": " ", "°": " degrees "}
_ALIKE = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "„": "“", "«": "“", "»": "”", "–": "—", "‒": "—", "―": "—",
     "ß": "ss",
     "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ð": "d", "þ": "th",
     "。": ".", "，": ",", "！": "!", "？": "?", "¿": " ", "¡": " ", "‐": "-", "‑": "-", "−": "-", "…": "…"}
)  # fmt: skip

_INITIALS = r"\b(?:[A-Za-z]\.){2,}(?:[A-Za-z]\b)?"
_SHORT = re.compile(
    rf"\b({'|'.join(re.escape(name) for name in sorted(ABBREVIATIONS, key=len, reverse=True))})\.", re.IGNORECASE
)


def spoken_text(text: str) -> str:
    """Return `text` as words of a–z, apostrophes, hyphens inside words, marks of `MARKS` and single spaces.

    >>> spoken_text("Dr. Lee paid $5 -- w-what?! At 10 km/h...")
    'doctor Lee paid five dollars—what?! At ten kilometers per hour…'
    """
    text = "".join(
        one for one in unicodedata.normalize("NFKD", text.translate(_ALIKE)) if not unicodedata.combining(one)
    )
    text = text.translate(_ALIKE)
    text = _figures(_short_forms(_dashes(text)))
    for symbol, said in SYMBOLS.items():
        text = text.replace(symbol, said)
    text = re.sub(r"(?<=[A-Za-z])\.(?=[a-z])", " dot ", text)  # an address
    text = re.sub(rf"[^A-Za-z' {re.escape(MARKS)}-]", " ", text)
    return _tidy(_small_letters(text))


def _dashes(text: str) -> str:
    text = re.sub(r"\.{2,}|…+", "…", text)
    text = re.sub(r"\s*(?:-{2,}|—+)\s*|\s+-\s+", "—", text)
    return re.sub(r"\b([A-Za-z]{1,2})-(?=\1)", "", text, flags=re.IGNORECASE)


def _short_forms(text: str) -> str:
    text = re.sub(_INITIALS, lambda found: _initials(found[0]), text)
    return _SHORT.sub(lambda found: _long(found, text), text)


def _initials(found: str) -> str:
    known = ABBREVIATIONS.get(found.lower().rstrip("."))
    return known if known else " ".join(found.replace(".", " ").upper().split())


def _long(found: re.Match[str], text: str) -> str:
    """Return an abbreviation's word; `no.` only before a figure, `St.` is a street behind a name; a last one ends."""
    name, rest = found[1].lower(), text[found.end() :]
    if name == "no" and not re.match(r" ?\d", rest):
        return found[0]
    if name == "st" and re.search(r"[a-z] $", text[: found.start()]) and not re.match(r" [A-Z]", rest):
        return "street" + ("." if not rest.strip() else "")
    ends = not rest.strip() or (name not in TITLES and re.match(r"\s+[A-Z]", rest) is not None)
    return ABBREVIATIONS[name] + ("." if ends and name not in TITLES else "")


def _figures(text: str) -> str:
    return figures_as_words(re.sub(r"#(?=\d)", "number ", text))


def _small_letters(text: str) -> str:
    """Return a text that is all in capitals in small letters: it is shouted, not spelled."""
    words = [word for word in re.findall(r"[A-Za-z']+", text) if len(word) > 1]
    return text.lower() if len(words) > 1 and all(word.isupper() for word in words) else text


def _tidy(text: str) -> str:
    text = re.sub(r"(?<![A-Za-z])-+|[-']+(?![A-Za-z'])(?<!s')(?<!n')", " ", text)
    text = re.sub(r"\s+([;:,.!?—…)”])", r"\1", " ".join(text.split()))
    return re.sub(r"([,;:])[,;:]+|^[,;:.!?…—]+$", r"\1", text).strip()
