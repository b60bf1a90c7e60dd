"""The cast that a folder suggests: who is named in its subtitles and scripts, and how often."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from audiorole.audio.media import inspect
from audiorole.dataset.input.beside import cast_file, script_files, subtitle_files
from audiorole.dataset.input.cast import all_names, display_name, name_key, read_cast
from audiorole.dataset.input.cue_sources import read_source
from audiorole.dataset.input.scan import Scan, scan
from audiorole.dataset.script.reading import read_script
from audiorole.dataset.subtitles import split
from audiorole.errors import InputError
from audiorole.types import Source, SubtitleSource

LEAST = 2
"""Lines from which on a name is suggested: a name that is shown once is most often a guest."""


@dataclass
class NameCount:
    """One name. shown: how it is written most often; subtitles, scripts: lines that carry it."""

    shown: Counter[str] = field(default_factory=Counter)
    subtitles: int = 0
    scripts: int = 0

    @property
    def name(self) -> str:
        """The name as a person writes it."""
        return display_name(min(self.shown, key=lambda name: (-self.shown[name], name)))

    @property
    def lines(self) -> int:
        """Lines in subtitles and scripts together."""
        return self.subtitles + self.scripts


@dataclass(frozen=True)
class SeriesSuggestion:
    """What one series suggests. cast: the `cast.toml` that is there already; unread: files that could not be read."""

    series: str
    episodes: int
    names: tuple[NameCount, ...]
    cast: Path | None
    unread: tuple[str, ...]

    @property
    def toml(self) -> str:
        """The `cast.toml`, most named first; names under `LEAST` lines stand in it as comments."""
        head = [
            f"# Suggested from {self.episodes} episode{'s' if self.episodes != 1 else ''}. Correct names, join "
            "those of one character as aliases, remove who is none.",
            "# A clip of a voice is a short file, or a part of an episode: { path, start, end }, in seconds.",
            f"series = {json.dumps(self.series, ensure_ascii=False)}",
        ]
        return "\n\n".join([*head, *(_table(one) for one in self.names)]) + "\n"


def compared(found: SeriesSuggestion) -> tuple[SeriesSuggestion, tuple[str, ...]]:
    """Return the suggestion without the names that the cast file has, and its characters that nothing shown names.

    Raises InputError where the cast file cannot be read.
    """
    characters = read_cast(found.cast).character if found.cast else ()
    known = {name_key(name) for character in characters for name in all_names(character)}
    shown = {name_key(name) for one in found.names for name in one.shown}
    silent = (one.name for one in characters if not shown.intersection(map(name_key, all_names(one))))
    return replace(found, names=tuple(one for one in found.names if name_key(one.name) not in known)), tuple(silent)


def suggest(folder: Path) -> list[SeriesSuggestion]:
    """Return what each series in `folder` suggests. Raises InputError where it holds no episodes."""
    found = scan(folder)
    series = sorted({source.id.partition("/")[0] for source in found.sources})
    return [_series(found, name) for name in series]


def _series(found: Scan, series: str) -> SeriesSuggestion:
    names: dict[str, NameCount] = {}
    unread: list[str] = []
    sources = [source for source in found.sources if source.id.partition("/")[0] == series]
    for source in sources:
        for name in _shown(found.root, source, unread):
            _heard(names, name).subtitles += 1
        for name in _scripted(found.root, source, unread):
            _heard(names, name).scripts += 1
    ranked = sorted(names.values(), key=lambda one: (-one.lines, one.name))
    return SeriesSuggestion(
        series, len(sources), tuple(ranked), cast_file(found.root / sources[0].media, found.root), tuple(unread)
    )


def _heard(names: dict[str, NameCount], name: str) -> NameCount:
    heard = names.setdefault(name_key(name), NameCount())
    heard.shown[name] += 1
    return heard


def _shown(root: Path, source: Source, unread: list[str]) -> Iterator[str]:
    """Yield the speaker of each line of the subtitles that name most; other files are of the same words."""
    best: list[str] = []
    for one in _subtitle_sources(root, source, unread):
        try:
            given = read_source(one, root)
        except InputError as error:
            unread.append(str(error))
            continue
        named = [line.cue.speaker for line in split(given.cues, given.source).lines if line.cue.speaker]
        best = max(best, named, key=len)
    yield from best


def _subtitle_sources(root: Path, source: Source, unread: list[str]) -> Iterable[SubtitleSource]:
    media = root / source.media
    try:
        tracks = inspect(media).subtitles
    except InputError as error:
        unread.append(str(error))
        tracks = ()
    inside = (SubtitleSource(source.media, one.index, one.codec, one.language) for one in tracks)
    return (*subtitle_files(media, root), *inside)


def _scripted(root: Path, source: Source, unread: list[str]) -> Iterator[str]:
    for path in script_files(root / source.media, root)[:1]:
        try:
            yield from (line.speaker for line in read_script(path).lines if line.speaker)
        except InputError as error:
            unread.append(str(error))


def _table(one: NameCount) -> str:
    rows = [f"# {_lines(one.subtitles)} in subtitles, {one.scripts} in scripts"]
    rows += ["[[character]]", f"name = {json.dumps(one.name, ensure_ascii=False)}"]
    others = sorted({display_name(name) for name in one.shown} - {one.name})
    if others:
        rows.append(f"aliases = {json.dumps(others, ensure_ascii=False)}")
    if one.lines < LEAST:
        return "\n".join(row if row.startswith("#") else f"# {row}" for row in rows)
    return "\n".join([*rows, '# references = [{ path = "voices/' + name_key(one.name).replace(" ", "-") + '.wav" }]'])


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"
