"""TOML from people: read from regular files of a sensible size, and refused before a parser could choke on it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from audiorole.core.disk import read_regular
from audiorole.errors import InputError

MOST_BYTES = 1 << 20
MOST_DEPTH = 64
"""Brackets inside one another, and parts of one key: beyond any recipe, below what a parser recurses into."""

_STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""' r"|'''.*?'''" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.S)
_COMMENTS = re.compile(r"#[^\n]*")
_AROUND_DOTS = re.compile(r"[ \t]*\.[ \t]*")
_BETWEEN_KEYS = re.compile(r"[^\w.\-]+")
_LONG_NUMBERS = re.compile(r"[\d_]{400}")


def read_toml(path: Path, wanted: str = "valid TOML") -> dict[str, object]:
    """Return the content of a TOML file. Raises InputError with what is wrong, and where.

    wanted: what the file should be, for the message.
    """
    data = read_regular(path, MOST_BYTES)
    try:
        return parse_toml(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(str(path), "is not UTF-8 text") from error
    except ValueError as error:
        raise InputError(str(path), f"not {wanted}: {error}") from error


def parse_toml(text: str) -> dict[str, object]:
    """Return the content of TOML text. Raises ValueError, with a sentence, for anything that is none."""
    if "\0" in text:
        raise ValueError(f"a NUL character (at line {text[: text.index(chr(0))].count(chr(10)) + 1})")
    if fault := _too_much(_COMMENTS.sub("", _STRINGS.sub("q", text))):
        raise ValueError(fault)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("brackets lie too deep in one another") from error


def _too_much(plain: str) -> str:
    """Return why text without its strings and comments is more than a parser should get, or ""."""
    depth = 0
    for sign in re.findall(r"[\[{\]}]", plain):
        depth += 1 if sign in "[{" else -1
        if depth > MOST_DEPTH:
            return f"more than {MOST_DEPTH} brackets lie in one another"
    if _LONG_NUMBERS.search(plain):
        return "a number of more than 400 digits"
    keys = _BETWEEN_KEYS.split(_AROUND_DOTS.sub(".", plain))
    if max((key.count(".") for key in keys), default=0) > MOST_DEPTH:
        return f"a key of more than {MOST_DEPTH} parts"
    return ""
