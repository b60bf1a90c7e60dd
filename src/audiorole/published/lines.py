"""The lines of a finished build, read back from the Parquet files that a user takes away.

One file holds one episode. Text and numbers of an episode are in memory together, audio is read line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorole.published.reader import EncodedAudio, RowPlace, parquet_files, read_rows
from audiorole.published.schema import COLUMNS
from audiorole.types import CharacterId


@dataclass(frozen=True)
class PublishedLine:
    """One row. values: the columns of the schema but the audio; stem: of files that are named after the episode."""

    split: str
    values: dict[str, Any]
    stem: str
    place: RowPlace = field(repr=False)
    _sounds: EncodedAudio = field(repr=False)

    @property
    def id(self) -> str:
        """The line's id: `show/s01e02/u00042`."""
        return str(self.values["id"])

    @property
    def name(self) -> str:
        """The id as a file name: `show-s01e02-u00042`."""
        return f"{self.stem}-{self.id.rpartition('/')[2]}"

    @property
    def character(self) -> str:
        """Who speaks, in the written form: `show/Gus`; "" for nobody."""
        known = self.values["character"]
        return str(CharacterId(self.values["series"], known)) if known else ""

    @property
    def voice(self) -> str:
        """Who speaks, as far as is known, within the series: `show/Gus`, else `show/voice_03`, else `show/unknown`."""
        known = self.values["character"] or self.values["speaker"] or "unknown"
        return str(CharacterId(self.values["series"], known))

    @property
    def audio(self) -> bytes:
        """The sound, as the bytes of an audio file whose name ends in `suffix`."""
        return self._sounds(self.place)

    @property
    def suffix(self) -> str:
        """What the audio file's name ends in: `flac`, `opus` or `wav`."""
        return self._sounds.suffix(self.place)


@dataclass(frozen=True)
class PublishedEpisode:
    """One file of the dataset: an episode's lines, in the order of time."""

    id: str
    stem: str
    split: str
    lines: tuple[PublishedLine, ...]


def published_episodes(folder: Path, stems: Mapping[str, str] | None = None) -> Iterator[PublishedEpisode]:
    """Yield the episodes of a build or dataset folder, split after split. Raises InputError where none were published.

    A file with several episodes gives them one after the other. stems: episode → how its files are named.
    """
    sounds, stems = EncodedAudio(), stems or {}
    for path in parquet_files(folder):
        by_episode: dict[str, list[PublishedLine]] = {}
        for place, values in read_rows(path, COLUMNS):
            by_episode.setdefault(values["episode"], []).append(
                PublishedLine(path.parent.name, values, _stem(values["episode"], stems), place, sounds)
            )
        for episode, lines in by_episode.items():
            yield PublishedEpisode(episode, _stem(episode, stems), path.parent.name, tuple(lines))


def published_lines(folder: Path) -> Iterator[PublishedLine]:
    """Yield the lines of a build or dataset folder, split after split. Raises InputError where none were published."""
    for episode in published_episodes(folder):
        yield from episode.lines


def _stem(episode: str, stems: Mapping[str, str]) -> str:
    return stems.get(episode) or episode.replace("/", "-")
