"""Name: which character says each line, with a calibrated probability and the evidence for it.

Where nothing at all says who anybody is, lines get anonymous voices of the series (`voice_01`, …), and one decision per
voice names hundreds of lines (`audiorole decide`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.cast import clip_paths, display_name, read_cast
from audiorole.dataset.names.decision_file import decisions_file
from audiorole.dataset.names.identity import read_identities
from audiorole.dataset.names.series import (
    NamedSeries,
    NameSettings,
    SeriesNames,
    checked_arrays,
    name_series,
    sorted_lines,
)
from audiorole.errors import UserError
from audiorole.naming.answers.silence import sentence_array
from audiorole.naming.model import shipped_hash
from audiorole.pipeline.stage import Outcome, SeriesContext, SeriesStage
from audiorole.types import Evidence, Naming, Record, Source, Utterance
from audiorole.types.record import narrowed


@dataclass(frozen=True)
class Name(SeriesStage):
    """embedder: of the reference clips; must be that of `embed`. use_text: read names and idiom off the text.

    use_cues: take names from subtitles and scripts. min_lines: a name outside cast.toml becomes a character from this
    many lines on (even one helps: benchmarks/build_series.py). closed_cast: every speaker is in the cast.
    folds: parts of the given names that are held back in turn, to see how right names are (under 2: none).
    clips_anywhere: reference clips may lie outside the folder of the cast file that names them.
    """

    name: ClassVar[str] = "name"
    version: ClassVar[int] = 7
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "embed", "faces")
    cost: ClassVar[float] = 0.0015
    bytes_per_second: ClassVar[float] = 210.0
    embedder: str = "wespeaker"
    use_text: bool = True
    use_cues: bool = True
    min_lines: int = 1
    closed_cast: bool = False
    least_evidence: float = 0.05
    folds: Annotated[int, Meta(le=100)] = 5
    clips_anywhere: bool = False

    def models(self) -> tuple[tuple[str, str], ...]:
        """The embedder of the reference clips."""
        return (("speaker-embedder", self.embedder),)

    def fitted(self) -> str:
        """The engine's weights."""
        return shipped_hash()

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The decisions, the cast file and its clips."""
        path = cast_file(inputs / narrowed(source, Source).media, inputs)
        if path is None:
            return (decisions_file(home),)
        try:
            clips = clip_paths(read_cast(path), path.parent)
        except UserError:  # the stage itself will say what is wrong with it
            clips = []
        return (decisions_file(home), path, *clips)

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield the lines with their names."""
        series = name_series(context, self.settings, read_identities(context.home)).decided()
        checked = series.checked(self.folds)
        said = sentence_array(series.sentences())
        for shard, rows in series.slices:
            context.save(shard, "sentences", said)
            for name, array in checked_arrays(checked, rows, series.ids).items():
                context.save(shard, name, array)
            numbered = zip(sorted_lines(context, shard), range(rows.start, rows.stop), strict=True)
            yield shard, (self._named(line, row, series) for line, row in numbered)

    @property
    def settings(self) -> NameSettings:
        """What naming itself depends on."""
        return NameSettings(self.embedder, self.use_text, self.use_cues, self.min_lines, self.closed_cast)

    def _named(self, line: Utterance, row: int, series: NamedSeries) -> Utterance:
        answer, voice = series.answer, series.voices[row]
        if answer is None:
            return msgspec.structs.replace(line, naming=Naming("", 0.0, voice))
        named = answer.named
        naming = Naming(
            character=answer.names[int(named.character[row])],
            probability=round(float(named.probability[row]), 4),
            speaker=voice,
            runner_up=answer.names[int(named.runner_up[row])],
            runner_up_probability=round(float(named.runner_up_probability[row]), 4),
            faces=answer.faces(row),
            evidence=tuple(self._evidence(line, row, answer)),
        )
        return msgspec.structs.replace(line, naming=self._guest(line, naming))

    def _evidence(self, line: Utterance, row: int, answer: SeriesNames) -> Iterator[Evidence]:
        notes = {"seed": _note(line), "face": ", ".join(answer.faces(row)) or "nobody on screen"}
        for group, value in zip(answer.named.groups, answer.named.ledger[row].tolist(), strict=True):
            if abs(value) >= self.least_evidence:
                yield Evidence(group, round(value, 2), notes.get(group, ""))

    def _guest(self, line: Utterance, naming: Naming) -> Naming:
        """Keep a rare name that the cue itself gives: nobody of the cast, but not nameless."""
        if naming.character or not (line.cue and line.cue.speaker) or not self.use_cues:
            return naming
        return msgspec.structs.replace(naming, character=display_name(line.cue.speaker))


def _note(line: Utterance) -> str:
    cue = line.cue
    return f"{cue.speaker_source} {cue.speaker}, {cue.source}:{cue.line}" if cue and cue.speaker else ""
