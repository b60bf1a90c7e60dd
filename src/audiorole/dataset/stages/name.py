"""Name: which character says each line, with a calibrated probability and the evidence for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from audiorole.core.stage import Outcome, SeriesContext, SeriesStage
from audiorole.dataset.beside import cast_file
from audiorole.dataset.cast import completed, display_name, read_cast
from audiorole.dataset.series_columns import Columns, given_names
from audiorole.dataset.voices import clip_paths, reference_voices
from audiorole.errors import UserError
from audiorole.naming import NamedLines, NamingOptions, ReferenceVoices, name_lines
from audiorole.types import Cast, Episode, Evidence, Naming, Record, Source, Utterance


@dataclass(frozen=True)
class Name(SeriesStage):
    """embedder: of the reference clips; must be that of `embed`. use_text: read names and idiom off the text.

    min_lines: a name outside cast.toml becomes a character from this many lines on; rarer ones stay on their own
    line only. closed_cast: every speaker is in the cast.
    """

    name: ClassVar[str] = "name"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "embed")
    cost: ClassVar[float] = 0.0005
    bytes_per_second: ClassVar[float] = 60.0
    embedder: str = "wespeaker"
    use_text: bool = True
    use_cues: bool = True
    min_lines: int = 3
    closed_cast: bool = False
    least_evidence: float = 0.05

    def models(self) -> tuple[tuple[str, str], ...]:
        """The embedder of the reference clips."""
        return (("speaker-embedder", self.embedder),)

    def external(self, source: Source, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The cast file and its clips."""
        path = cast_file(inputs / source.media, inputs)
        if path is None:
            return ()
        try:
            return (path, *clip_paths(read_cast(path), path.parent))
        except UserError:  # the stage itself will say what is wrong with it
            return (path,)

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield the lines with their names."""
        cast, references = self._cast(context)
        columns = Columns(cast)
        for shard in context.shards:
            voices, numbers = context.array(shard, "embed", "voices"), context.array(shard, "embed", "lines")
            columns.add(shard, self._lines(context, shard), voices, numbers)
        options = NamingOptions(use_text=self.use_text, closed_cast=self.closed_cast)
        named = name_lines(columns.finish(), cast, options, references)
        for shard, rows in columns.slices():
            lines = self._lines(context, shard)
            yield shard, (self._named(line, row, named, cast) for line, row in zip(lines, _range(rows), strict=True))

    def _lines(self, context: SeriesContext, shard: str) -> list[Utterance]:
        return sorted(context.read(shard), key=lambda line: (line.start, line.id))

    def _cast(self, context: SeriesContext) -> tuple[Cast, ReferenceVoices]:
        """Return the cast file's characters with those that cues name, and the voices of their clips."""
        (episode,) = context.records(context.shards[0], "probe", Episode)
        path = cast_file(context.inputs / episode.media, context.inputs)
        cast = read_cast(path) if path else Cast()
        folder = path.parent if path else context.inputs
        voices = reference_voices(cast, folder, self.embedder, context.home / "cache" / "voices")
        given: Counter[str] = Counter()
        for shard in context.shards if self.use_cues else ():
            given.update(given_names(context.read(shard)))
        return completed(cast, given, self.min_lines), voices

    def _named(self, line: Utterance, row: int, named: NamedLines, cast: Cast) -> Utterance:
        names = [*(character.name for character in cast.character), ""]
        naming = Naming(
            character=names[int(named.character[row])],
            probability=round(float(named.probability[row]), 4),
            runner_up=names[int(named.runner_up[row])],
            runner_up_probability=round(float(named.runner_up_probability[row]), 4),
            evidence=tuple(self._evidence(line, row, named)),
        )
        return msgspec.structs.replace(line, naming=self._guest(line, naming))

    def _evidence(self, line: Utterance, row: int, named: NamedLines) -> Iterator[Evidence]:
        for group, value in zip(named.groups, named.ledger[row].tolist(), strict=True):
            if abs(value) >= self.least_evidence:
                yield Evidence(group, round(value, 2), _note(line) if group == "seed" else "")

    def _guest(self, line: Utterance, naming: Naming) -> Naming:
        """Keep a rare name that the cue itself gives: nobody of the cast, but not nameless."""
        if naming.character or not (line.cue and line.cue.speaker) or not self.use_cues:
            return naming
        return msgspec.structs.replace(naming, character=display_name(line.cue.speaker))


def _range(rows: slice) -> range:
    return range(rows.start, rows.stop)


def _note(line: Utterance) -> str:
    cue = line.cue
    return f"{cue.speaker_source} {cue.speaker}, {cue.source}:{cue.line}" if cue and cue.speaker else ""
