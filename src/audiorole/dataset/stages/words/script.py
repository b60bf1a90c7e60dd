"""Script: lines that were recognised in the speech get their speakers from a script, found by the words of both.

Lines out of subtitles have their script's names already (see `subtitles`), and go through as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from audiorole.dataset.input.beside import script_files
from audiorole.dataset.sources.notes import NOTE, SourcesNote, write_note
from audiorole.dataset.sources.scripts import named_speech
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Source, Utterance
from audiorole.types.record import narrowed


@dataclass(frozen=True)
class NameByScript(EpisodeStage[Utterance]):
    """use: False leaves the lines without names. least: share of a line's words that must stand in the script.

    A recognised word is often another than the written one, so less is asked than of a subtitle.
    """

    name: ClassVar[str] = "script"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.00001
    use: bool = True
    least: float = 0.5

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The scripts beside the media."""
        return tuple(script_files(inputs / narrowed(source, Source).media, inputs))

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines, with a cue out of the script where it names them."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        scripts = script_files(context.inputs / episode.media, context.inputs) if self.use else []
        if not lines or not scripts or any(line.cue for line in lines):
            yield from lines
            return
        found = named_speech(lines, scripts, self.least, episode.language)
        yield from found.lines
        for number, problem in enumerate(found.problems, start=1):
            yield Dropped(id=f"{episode.id}/problem:{number}", reason="unreadable_cue", detail=str(problem))
        note = SourcesNote(script=found.script.name if found.script else "", unused=tuple(found.reasons))
        context.attach(NOTE, lambda path: write_note(path, note))
