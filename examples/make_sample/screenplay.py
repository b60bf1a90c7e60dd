"""The screenplay format: a text file that a writer can edit and a script can play.

title: Unattended Items
== office | The office. A clock ticks. | bed=clock music=waltz snr=14
OTIS: A line.
OTIS (phone, cut off): Directions change the voice's path or its timing.
* door_slam | door slams        a sound effect; the dialogue waits for it
... 0.6                         a pause in seconds
+ theme                         the opening, the same in every episode
+ recap s01e01: First words     the audio of that line, out of an earlier episode
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(r"(?P<who>[^a-z:(]+?)(?: \((?P<how>[^)]*)\))?: (?P<text>.+)")


@dataclass(frozen=True)
class Line:
    """A spoken line. directions: of tannoy, phone, off, cut off, cuts in."""

    role: str
    text: str
    directions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sound:
    """A sound effect; label is what a subtitler would write."""

    name: str
    label: str


@dataclass(frozen=True)
class Pause:
    """Seconds in which only the room is heard."""

    seconds: float


@dataclass(frozen=True)
class Theme:
    """The opening music with its spoken line."""


@dataclass(frozen=True)
class Recap:
    """Audio of an earlier episode: the line that begins with `words`."""

    episode: str
    words: str


Event = Line | Sound | Pause | Theme | Recap


@dataclass
class Scene:
    """Events in one place. bed: the room's sound; music: a loop or none; snr_db: of speech over that music."""

    id: str
    description: str
    bed: str
    music: str = "none"
    snr_db: float = 15.0
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Screenplay:
    """A whole episode."""

    episode: str
    title: str
    scenes: tuple[Scene, ...]


def read_screenplay(path: Path) -> Screenplay:
    """Parse a screenplay; the file's stem is the episode. Raises ValueError with file and line."""
    title, scenes = "", []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = raw.strip()
        if text.startswith("title:"):
            title = text.removeprefix("title:").strip()
        elif text.startswith("=="):
            scenes.append(_scene(text))
        elif text:
            scenes[-1].events.append(_event(text, f"{path.name}:{number}"))
    return Screenplay(path.stem, title, tuple(scenes))


def _scene(text: str) -> Scene:
    name, description, settings = (part.strip() for part in text.removeprefix("==").split("|"))
    values = dict(pair.split("=") for pair in settings.split())
    snr_db = float(values.pop("snr", 15.0))
    return Scene(name, description, values["bed"], values.get("music", "none"), snr_db)


def _event(text: str, where: str) -> Event:
    match text.split(" ", 1):
        case ["...", seconds]:
            return Pause(float(seconds))
        case ["*", sound]:
            name, label = sound.split(" | ")
            return Sound(name, label)
        case ["+", "theme"]:
            return Theme()
        case ["+", recap]:
            episode, words = recap.removeprefix("recap ").split(": ", 1)
            return Recap(episode, words)
    found = _LINE.fullmatch(text)
    if not found:
        raise ValueError(f"{where}: neither a line, a sound, a pause nor an insert: {text!r}")
    how = tuple(part.strip() for part in (found["how"] or "").split(",") if part.strip())
    return Line(found["who"], found["text"], how)
