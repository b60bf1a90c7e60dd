"""Subtitles: the best readable source becomes speaker lines; a script beside the media names their speakers.

Times are still the subtitle's own. Every cue becomes lines or a drop with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from audiorole.dataset.input.beside import script_file, subtitle_files
from audiorole.dataset.input.cue_sources import is_foreign, ranked, read_source, source_name
from audiorole.dataset.script.names import named_by_script
from audiorole.dataset.subtitles import LeftOut, Problem, SpeakerLine, Subtitles, split
from audiorole.errors import InputError
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Source, Utterance


@dataclass(frozen=True)
class ReadSubtitles(EpisodeStage):
    """language: of the subtitles to use ("" takes the audio's). source: a file name or `file#track` to insist on.

    use: False ignores all subtitles, so that lines come from the speech itself.
    """

    name: ClassVar[str] = "subtitles"
    consumes: ClassVar[type[Record]] = Episode
    produces: ClassVar[type[Record]] = Utterance
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.0003
    use: bool = True
    language: str = ""
    source: str = ""

    def external(self, source: Source, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The subtitle files and the script beside the media."""
        media = inputs / source.media
        script = script_file(media, inputs)
        files = (inputs / found.path for found in subtitle_files(media, inputs))
        return (*files, *((script,) if script else ()))

    def run(self, records: Iterable[Episode], context: Context) -> Iterator[Outcome]:
        """Yield the lines of the first source that can be read; a source that cannot is a drop of its own."""
        for episode in records:
            found = None
            for source in ranked(episode, context.inputs, self.language) if self.use else ():
                name = source_name(source)
                if self.source and self.source not in (name, source.path):
                    continue
                identity = f"{episode.id}/file:{name}"
                if found or is_foreign(source, self.language or episode.language):
                    yield _note(identity, "other_subtitles", f"{name}: not needed or another language")
                    continue
                try:
                    found = read_source(source, context.inputs)
                except InputError as error:
                    yield _note(identity, "unreadable_subtitles", str(error))
            if found:
                yield from _lines(episode, found, context)


def _note(identity: str, reason: str, detail: str) -> Dropped:
    return Dropped(id=identity, reason=reason, detail=detail)


def _lines(episode: Episode, found: Subtitles, context: Context) -> Iterator[Outcome]:
    divided = split(found.cues, found.source, language=episode.language)
    lines, unnamed = named_by_script(divided.lines, script_file(context.inputs / episode.media, context.inputs))
    for number, line in enumerate(lines, start=1):
        yield _utterance(episode, number, line)
    for out in divided.left:
        yield _left(episode, out, found.source)
    for number, problem in enumerate((*found.problems, *unnamed), start=1):
        yield _problem(episode, number, problem)


def _utterance(episode: Episode, number: int, line: SpeakerLine) -> Utterance:
    return Utterance(
        id=f"{episode.id}/u{number:05d}",
        start=round(line.start - episode.start_time, 3),
        end=round(line.end - episode.start_time, 3),
        text=line.text,
        cue=msgspec.structs.replace(line.cue, start=round(line.cue.start, 3), end=round(line.cue.end, 3)),
    )


def _left(episode: Episode, out: LeftOut, source: str) -> Dropped:
    return Dropped(
        id=f"{episode.id}/cue:{out.index}{f'.{out.row}' if out.row else ''}",
        reason=out.reason,
        detail=f"{source}:{out.line}: {out.shown}"[:300],
        record=msgspec.Raw(msgspec.json.encode(out)),
    )


def _problem(episode: Episode, number: int, problem: Problem) -> Dropped:
    return Dropped(id=f"{episode.id}/problem:{number}", reason="unreadable_cue", detail=str(problem))
