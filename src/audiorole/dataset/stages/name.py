"""Name: which character says each line, with a calibrated probability and the evidence for it.

Where nothing at all says who anybody is, lines get anonymous voices of the series (`voice_01`, …), and one decision per
voice names hundreds of lines (`audiorole decide`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np

from audiorole.core.stage import Outcome, SeriesContext, SeriesStage
from audiorole.dataset.beside import cast_file
from audiorole.dataset.cast import clip_paths, completed, display_name, read_cast
from audiorole.dataset.face_columns import ARRAYS as FACE_ARRAYS
from audiorole.dataset.identity import decided_cast, decisions_file, read_identities, series_voices, with_decisions
from audiorole.dataset.series_columns import Columns, given_names
from audiorole.dataset.series_naming import Answer, SeriesNamer, checked_arrays
from audiorole.dataset.voices import reference_voices
from audiorole.errors import UserError
from audiorole.naming import NO_SEED, NamingOptions, ReferenceVoices
from audiorole.naming.decisions import Identities
from audiorole.naming.dial import NOTHING_CHECKED, check_names
from audiorole.types import Cast, Episode, Evidence, Naming, Record, Source, Utterance


@dataclass(frozen=True)
class Name(SeriesStage):
    """embedder: of the reference clips; must be that of `embed`. use_text: read names and idiom off the text.

    use_cues: take names from subtitles and scripts. min_lines: a name outside cast.toml becomes a character from this
    many lines on (even one helps: benchmarks/build_series.py). closed_cast: every speaker is in the cast.
    folds: parts of the given names that are held back in turn, to see how right names are (under 2: none).
    """

    name: ClassVar[str] = "name"
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
    folds: int = 5

    def models(self) -> tuple[tuple[str, str], ...]:
        """The embedder of the reference clips."""
        return (("speaker-embedder", self.embedder),)

    def external(self, source: Source, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The decisions, the cast file and its clips."""
        path = cast_file(inputs / source.media, inputs)
        if path is None:
            return (decisions_file(home),)
        try:
            clips = clip_paths(read_cast(path), path.parent)
        except UserError:  # the stage itself will say what is wrong with it
            clips = []
        return (decisions_file(home), path, *clips)

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield the lines with their names."""
        identities = read_identities(context.home)
        cast, references = self._cast(context, identities)
        columns = self._columns(context, cast)
        ids, lines = columns.ids, columns.finish()
        voices = series_voices(lines, ids, identities)
        lines = with_decisions(lines, ids, voices, identities, cast)
        known = len(references) > 0 or bool(np.any(lines.seeds != NO_SEED))
        namer = SeriesNamer(cast, NamingOptions(use_text=self.use_text, closed_cast=self.closed_cast), references)
        answer = namer.answer(lines) if known and len(lines) else None
        checked = check_names(lines, namer, self.folds) if answer and self.folds > 1 else NOTHING_CHECKED
        for shard, rows in columns.slices():
            for name, array in checked_arrays(checked, rows, ids).items():
                context.save(shard, name, array)
            numbered = zip(self._lines(context, shard), range(rows.start, rows.stop), strict=True)
            yield shard, (self._named(line, row, answer, voices[row]) for line, row in numbered)

    def _columns(self, context: SeriesContext, cast: Cast) -> Columns:
        columns = Columns(cast)
        for shard in context.shards:
            voices, numbers = context.array(shard, "embed", "voices"), context.array(shard, "embed", "lines")
            faces = {name: context.array(shard, "faces", name) for name in FACE_ARRAYS}
            columns.add(shard, self._lines(context, shard), voices, numbers, faces, self.use_cues)
        return columns

    def _lines(self, context: SeriesContext, shard: str) -> list[Utterance]:
        return sorted(context.read(shard), key=lambda line: (line.start, line.id))

    def _cast(self, context: SeriesContext, identities: Identities) -> tuple[Cast, ReferenceVoices]:
        """Return the cast file's characters with those that cues and decisions name, and the voices of their clips."""
        (episode,) = context.records(context.shards[0], "probe", Episode)
        path = cast_file(context.inputs / episode.media, context.inputs)
        cast = read_cast(path) if path else Cast()
        folder = path.parent if path else context.inputs
        given: Counter[str] = Counter()
        for shard in context.shards if self.use_cues else ():
            given.update(given_names(context.read(shard)))
        cast = decided_cast(completed(cast, given, self.min_lines), identities)
        return cast, reference_voices(cast, folder, self.embedder, context.home / "cache" / "voices")

    def _named(self, line: Utterance, row: int, answer: Answer | None, voice: str) -> Utterance:
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

    def _evidence(self, line: Utterance, row: int, answer: Answer) -> Iterator[Evidence]:
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
