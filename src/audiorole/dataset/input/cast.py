"""The cast of a series: `cast.toml`, and names that subtitles and scripts give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from audiorole.dataset.lines.text import normalised
from audiorole.errors import InputError
from audiorole.types import Cast, Character


def read_cast(path: Path) -> Cast:
    """Return the cast of a `cast.toml`. Raises InputError with the place of what is wrong in it."""
    try:
        cast = msgspec.toml.decode(path.read_bytes(), type=Cast)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"not a cast file: {error}") from error
    names = Counter(name for character in cast.character for name in {name_key(n) for n in all_names(character)})
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise InputError(str(path), f"two characters are called {twice[0]!r}")
    return cast


def clip_paths(cast: Cast, folder: Path) -> list[Path]:
    """Return the files that the cast's reference clips lie in."""
    return sorted({folder / clip.path for character in cast.character for clip in character.references})


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
