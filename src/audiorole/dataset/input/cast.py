"""The cast of a series: `cast.toml`, and names that subtitles and scripts give."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from audiorole.core.toml import read_toml
from audiorole.core.toml_places import Place
from audiorole.dataset.input.cast_faults import not_a_cast, refused
from audiorole.dataset.lines.text import normalised
from audiorole.types import Cast, Character, ReferenceClip


def read_cast(path: Path) -> Cast:
    """Return the cast of a `cast.toml`. Raises InputError with the line of what is wrong in it."""
    try:
        cast = msgspec.convert(read_toml(path, "a cast file"), Cast)
    except msgspec.ValidationError as error:
        raise not_a_cast(path, error) from error
    for place, fault in _faults(cast):
        raise refused(path, place, fault)
    return cast


GENDERS = ("", "female", "male", "other")
LONGEST_CLIP = 86400.0
"""Seconds: no file of a day's length is one clip."""


def _faults(cast: Cast) -> Iterator[tuple[Place, str]]:
    """Yield what cannot be meant, each with its place."""
    owners: dict[str, str] = {}
    for number, character in enumerate(cast.character):
        place: Place = ("character", number)
        yield from (((*place, *where), fault) for where, fault in _faults_of(character))
        for key in {name_key(name): name for name in all_names(character)}:
            if key in owners:
                yield place, f"two characters are called {key!r}: {owners[key]} and {_called(character)}"
            owners[key] = _called(character)


def _called(character: Character) -> str:
    also = f" (also {', '.join(character.aliases)})" if character.aliases else ""
    return f"{character.name}{also}"


def _faults_of(character: Character) -> Iterator[tuple[Place, str]]:
    if not character.name.strip():
        yield ("name",), "a character needs a name"
    for key, names in (("name", (character.name,)), ("aliases", character.aliases), ("actor", (character.actor,))):
        for fault in sorted({fault for name in names if name.strip() and (fault := name_fault(name))}):
            yield (key,), f"{character.name!r}: a name {fault}"
    if character.gender not in GENDERS:
        known = ", ".join(GENDERS[1:])
        yield ("gender",), f"{character.name!r}: gender {character.gender!r} is none of {known}"
    for number, clip in enumerate(character.references):
        if fault := _clip_fault(clip):
            yield ("references", number), f"{character.name!r}: {fault}"


ALLOWED_MARKS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Invisible letters that scripts of the world and emoji are written with: joiners, and marks of direction."""


def name_fault(name: str) -> str:
    """Return what of a name cannot be read on a screen, as the end of a sentence; "" where all can.

    Names that only look alike, or that turn the text around them, would be two people and one on the page.
    """
    kinds = {unicodedata.category(letter) for letter in name if letter not in ALLOWED_MARKS}
    if unprintable(name) or kinds & {"Zl", "Zp"}:
        return "holds a control character"
    if "Cf" in kinds:
        return "holds an invisible character"
    return "" if seen(name) else "holds nothing that can be seen"


def unprintable(text: str) -> bool:
    """Return whether a text holds a control character, or half of a letter."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def seen(text: str) -> bool:
    """Return whether a text shows anything: a letter, a digit, a sign."""
    return any(unicodedata.category(letter)[0] in "LNPS" for letter in text)


def _clip_fault(clip: ReferenceClip) -> str:
    if not clip.path or unprintable(clip.path):
        return f"{clip.path!r} is no path of a clip"
    if not 0 <= clip.start < LONGEST_CLIP:
        return f"a clip cannot start at {clip.start}"
    if clip.end is not None and not clip.start < clip.end < LONGEST_CLIP:
        return f"a clip cannot run from {clip.start} to {clip.end}"
    return ""


def clip_paths(cast: Cast, folder: Path) -> list[Path]:
    """Return the files that the cast's reference clips lie in."""
    return sorted({folder / clip.path for character in cast.character for clip in character.references})


def summed_up(cast: Cast) -> str:
    """Return who is in a cast, in a line: `Joe (also Joseph; 1 clip), Witch Doctor (A. Smith)`."""
    return ", ".join(_in_short(character) for character in cast.character) or "nobody"


def _in_short(character: Character) -> str:
    clips = len(character.references)
    facts = [
        f"also {', '.join(character.aliases)}" if character.aliases else "",
        character.actor,
        f"{clips} clip{'s' if clips > 1 else ''}" if clips else "",
    ]
    said = "; ".join(filter(None, facts))
    return f"{character.name} ({said})" if said else character.name


def outside(clip: Path, folder: Path) -> bool:
    """Return whether a clip lies outside the folder of its cast file, by `..`, by its root or by a link."""
    try:
        return not clip.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link that leads back to itself
        return True


def all_names(character: Character) -> tuple[str, ...]:
    """Return the character's name and aliases."""
    return (character.name, *character.aliases)


def name_key(name: str) -> str:
    """Return what two spellings of a name share: `MARY-LOU` and `Mary-Lou` are one."""
    return normalised(name)


def display_name(name: str) -> str:
    """Return a name as a person writes it: subtitles shout names.

    >>> display_name("SMALL FISH"), display_name("McGee"), display_name("MARY-LOU")
    ('Small Fish', 'McGee', 'Mary-Lou')
    """
    return name.title() if name.isupper() else name


def completed(cast: Cast, given: Counter[str], least: int) -> Cast:
    """Return `cast` with the characters that subtitles or scripts name on at least `least` lines.

    given: name as shown → number of lines.
    """
    known = {name_key(name) for character in cast.character for name in all_names(character)}
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for name, count in sorted(given.items()):
        counts[name_key(name)] += count
        shown.setdefault(name_key(name), display_name(name))
    new = sorted(shown[key] for key, count in counts.items() if key and key not in known and count >= least)
    return msgspec.structs.replace(cast, character=(*cast.character, *(Character(name) for name in new)))


def name_index(characters: Iterable[Character]) -> dict[str, int]:
    """Return name key → index of the character, over names and aliases."""
    return {name_key(name): index for index, character in enumerate(characters) for name in all_names(character)}
