"""Figures as words: amounts, years, clock times, dates, money, shares, fractions, ordinals, single digits.

inflect writes the numbers; what kind of number it is, is decided here by how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import inflect

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = "|".join(f"{name}|{name[:3]}|{name[:4]}" for name in MONTHS)
_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
MONEY = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", "")}
UNITS = {
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms", "mg": "milligrams", "g": "grams",
    "lb": "pounds", "lbs": "pounds", "oz": "ounces", "km/h": "kilometers per hour",
    "mph": "miles per hour", "kph": "kilometers per hour",
    "ml": "milliliters", "hrs": "hours", "hr": "hour", "mins": "minutes", "min": "minutes", "secs": "seconds",
    "sec": "seconds", "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "°": "degrees", "ft": "feet",
    "m": "meters", "am": "A M", "pm": "P M", "GB": "gigabytes", "MB": "megabytes", "Hz": "hertz", "kHz": "kilohertz",
}  # fmt: skip
"""Behind a figure."""

SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
_UNIT = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
LONGEST = 15
"""Digits that are read as one number; more are read one by one."""


@lru_cache(maxsize=1)
def _engine() -> inflect.engine:
    return inflect.engine()


def _words(number: str) -> str:
    said = _engine().number_to_words(number, andword="", comma="")
    return " ".join(str(said).split())


def amount(text: str) -> str:
    """Return a plain number in words.

    >>> amount("1,250.5")
    'one thousand two hundred fifty point five'
    """
    plain = text.replace(",", "")
    whole, point, rest = plain.partition(".")
    if len(whole) > LONGEST or (len(whole) > 1 and whole.startswith("0") and not point):
        return digits(plain)
    said = _words(whole or "0")
    return f"{said} point {digits(rest)}" if rest else said


def digits(text: str) -> str:
    """Return figures one by one.

    >>> digits("007")
    'oh oh seven'
    """
    names = ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    figures = [figure for figure in text if figure.isdecimal()]
    alone = set(figures) == {"0"} or text.startswith("0") is False
    said = [names[int(figure)] for figure in figures]
    return " ".join("zero" if alone and word == "oh" else word for word in said)


def ordinal(text: str) -> str:
    """Return `21` as `twenty-first`."""
    return str(_engine().ordinal(amount(text)))


def year(text: str) -> str:
    """Return a year as it is said.

    >>> year("1985"), year("2004"), year("1900"), year("1806")
    ('nineteen eighty-five', 'two thousand four', 'nineteen hundred', 'eighteen oh six')
    """
    century, rest = int(text[:2]), int(text[2:])
    if text[1:3] == "00":
        return amount(text)
    if rest == 0:
        return f"{amount(str(century))} hundred"
    return f"{amount(str(century))} {'oh ' if rest < 10 else ''}{amount(str(rest))}"


def clock(hour: str, minute: str) -> str:
    """Return `3:05` as `three oh five`, `12:00` as `twelve o'clock`."""
    if int(minute) == 0:
        return f"{amount(str(int(hour)))} o'clock"
    return f"{amount(str(int(hour)))} {'oh ' if int(minute) < 10 else ''}{amount(str(int(minute)))}"


def money(sign: str, value: str, scale: str) -> str:
    """Return `$3.50` as `three dollars and fifty cents`, `$2m` as `two million dollars`."""
    name, small = MONEY[sign]
    whole, _, part = value.replace(",", "").partition(".")
    if scale or not small or len(part) != 2:
        said = f"{amount(value)} {SCALES.get(scale.lower(), scale)}".strip()
        return f"{said} {_many(name, value if not scale else '2')}"
    pounds = f"{amount(whole)} {_many(name, whole)}" if int(whole or 0) else ""
    pence = f"{amount(str(int(part)))} {_many(small, part)}" if int(part) else ""
    return " and ".join(filter(None, (pounds, pence))) or f"zero {_many(name, '0')}"


def _many(noun: str, count: str) -> str:
    one = count.replace(",", "").lstrip("0") in ("1", "1.00")
    return noun if one or noun == "yen" else {"penny": "pence"}.get(noun, f"{noun}s")


def fraction(above: str, below: str) -> str:
    """Return `1/2` as `one half`, `3/4` as `three quarters`; others with their ordinal, or `over`."""
    names = {"2": "half", "4": "quarter"}
    if not 2 <= int(below) <= 20:
        return f"{amount(above)} over {amount(below)}"
    name = names.get(below) or ordinal(below)
    many = name if int(above) == 1 else {"half": "halves"}.get(name, f"{name}s")
    return f"{amount(above)} {many}"


def date(month: str, day: str, of: str) -> str:
    """Return month, day and year (each as figures; year "" for none) as `March fourth nineteen ninety`."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return " ".join(amount(part) for part in (month, day, of) if part)
    return " ".join(
        filter(None, (MONTHS[int(month) - 1], ordinal(str(int(day))), year(of) if len(of) == 4 else of and amount(of)))
    )


def _named_month(found: re.Match[str]) -> str:
    name = next(month for month in MONTHS if month.lower().startswith(found[1].lower()[:3]))
    return f"{name} {ordinal(found[2])}" + (f" {year(found[3])}" if found[3] else "")


def _plural_year(found: re.Match[str]) -> str:
    said = year(found[1]) if len(found[1]) == 4 else amount(found[1])
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


_FORMS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"\b(\d{4})-(\d{2})-(\d{2})\b", lambda m: date(m[2], m[3], m[1])),
    (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", lambda m: date(m[1], m[2], m[3])),
    (rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}})\b)?", _named_month),
    (rf"([$£€¥]) ?({_AMOUNT}) ?(k|m|bn|b|thousand|million|billion)?\b", lambda m: money(m[1], m[2], m[3] or "")),
    (rf"(?<=\d) ?({_UNIT})(?![\w°])", lambda m: f" {UNITS[m[1]]}"),
    (r"\b(\d{1,2}):([0-5]\d)(?::[0-5]\d)?(?!\d)", lambda m: clock(m[1], m[2])),
    (r"\b((?:1[1-9]|20)\d0|\d0)'?s\b", _plural_year),
    (rf"({_AMOUNT}) ?%", lambda m: f"{amount(m[1])} percent"),
    (r"\b(\d+(?:,\d{3})*)(?:st|nd|rd|th)\b", lambda m: ordinal(m[1])),
    (r"(?<![\d,.])(\d{1,3}) (\d)/(\d{1,2})\b", lambda m: f"{amount(m[1])} and {fraction(m[2], m[3])}"),
    (r"\b(\d{1,2})/(\d{1,2})\b", lambda m: fraction(m[1], m[2])),
    (r"\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b", lambda m: ", ".join(digits(part) for part in m[0].split("-"))),
    (r"(?<=\d)[-–](?=\d)", lambda m: " to "),
    (r"\b(1[1-9]\d\d|20\d\d)\b(?![,.]\d)", lambda m: year(m[1])),
    (r"(?<![\w])[-−](?=\d)", lambda m: "minus "),
    (_AMOUNT, lambda m: f" {amount(m[0])} "),
)  # fmt: skip
"""Pattern → how it is said, in the order in which they are tried."""


def figures_as_words(text: str) -> str:
    """Return `text` with every figure written as it is said.

    >>> figures_as_words("On Jan. 5 at 3:05 she paid $3.50.")
    'On January fifth at three oh five she paid three dollars and fifty cents.'
    """
    if not any(letter.isdecimal() for letter in text):
        return text
    text = "".join(str(int(one)) if one.isdecimal() else one for one in text)
    for pattern, said in _FORMS:
        text = re.sub(pattern, said, text)
    return re.sub(r" +([.,;:!?])", r"\1", re.sub(" {2,}", " ", text)).strip()
