"""Who a character is: a name within a series. Two series with a Gus each have two characters.

Machines read the written form, `show/Gus`: what stands before the first `/` is the series, as in the ids of lines.
People read the name alone, and the series behind it where two share the name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from audiorole.errors import AmbiguousCharacterError, UnknownNameError


class CharacterId(NamedTuple):
    """A character. Its one written form is what `str` gives.

    >>> str(CharacterId("show", "Gus")), CharacterId.parse("show/Gus/Otis").name
    ('show/Gus', 'Gus/Otis')
    """

    series: str
    name: str

    def __str__(self) -> str:
        return f"{self.series}/{self.name}"

    @classmethod
    def parse(cls, written: str) -> CharacterId:
        """Return the character of a written form; a name without a series has the series ""."""
        series, slash, name = written.partition("/")
        return cls(series, name) if slash else cls("", written)


def written_form(name: str, series: str) -> str:
    """Return the written form of a character that is given by either; `series` serves a name alone.

    >>> written_form("Gus", "show"), written_form("other/Gus", "show")
    ('show/Gus', 'other/Gus')
    """
    return name if "/" in name else str(CharacterId(series, name))


def spoken_name(written: str) -> str:
    """Return the name alone: what a person, a persona or a prompt says.

    >>> spoken_name("show/Gus")
    'Gus'
    """
    return CharacterId.parse(written).name


def shown_names(written: Iterable[str]) -> dict[str, str]:
    """Return written form → what a page shows: the name, with its series where two characters share it.

    >>> shown_names(["a/Gus", "b/Gus", "b/Otis"])
    {'a/Gus': 'Gus (a)', 'b/Gus': 'Gus (b)', 'b/Otis': 'Otis'}
    """
    known = list(dict.fromkeys(written))
    counts = Counter(spoken_name(one) for one in known)
    return {one: _shown(CharacterId.parse(one), counts[spoken_name(one)] > 1) for one in known}


def _shown(who: CharacterId, shared: bool) -> str:
    return f"{who.name} ({who.series})" if shared else who.name


def find_character(given: str, known: Iterable[str]) -> str:
    """Return the written form of the character that a person means by `given`, among `known` written forms.

    given: the written form, or a name that one series alone has. Raises AmbiguousCharacterError, which lists the
    choices, or UnknownNameError.
    """
    choices = list(dict.fromkeys(known))
    if given in choices:
        return given
    named = [one for one in choices if spoken_name(one) == given]
    if len(named) > 1:
        raise AmbiguousCharacterError(given, named)
    if not named:
        raise UnknownNameError("character", given, choices if "/" in given else [*shown_names(choices).values()])
    return named[0]
