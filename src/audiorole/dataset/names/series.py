"""A series being named: the engine with its cast, what it answers, and how that turns out where the answer is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.cast import completed, read_cast
from audiorole.dataset.names.columns import Columns, given_names
from audiorole.dataset.names.faces import ARRAYS, names_on_screen
from audiorole.dataset.names.identity import decided_cast, series_voices, with_decisions
from audiorole.dataset.names.reference_voices import reference_voices
from audiorole.models import parse_reference
from audiorole.naming import NamedLines, NamingOptions, ReferenceVoices, SeriesLines
from audiorole.naming.answers.branches import decided_voices
from audiorole.naming.answers.checked import COLUMNS, NOTHING_CHECKED, Checked, check_names
from audiorole.naming.answers.decisions import Identities
from audiorole.naming.answers.silence import silences, unnamed_labels
from audiorole.naming.face_identity import name_with_faces
from audiorole.naming.tables import read_once
from audiorole.pipeline.stage import SeriesContext
from audiorole.types import Cast, Episode, Utterance
from audiorole.types.ids import line_number
from audiorole.types.plain import Array


@dataclass(frozen=True)
class SeriesNamer:
    """Names the lines of a series with one cast; called with other seeds to see what they are worth."""

    cast: Cast
    options: NamingOptions
    references: ReferenceVoices

    def __call__(self, lines: SeriesLines) -> NamedLines:
        """Return the names of the lines."""
        return name_with_faces(lines, self.cast, self.options, self.references)[0]

    def answer(self, lines: SeriesLines) -> SeriesNames:
        """Return the names of the lines, and who was on screen."""
        named, owner = name_with_faces(lines, self.cast, self.options, self.references)
        names = [*(character.name for character in self.cast.character), ""]
        return SeriesNames(named, names, names_on_screen(lines.faces, owner, names))


@dataclass(frozen=True)
class SeriesNames:
    """named: the columns; names: of the candidates, "" last for someone else; on_screen: faces per line, or empty."""

    named: NamedLines
    names: list[str]
    on_screen: list[tuple[str, ...]]

    def faces(self, row: int) -> tuple[str, ...]:
        """Return who was on the picture during a line."""
        return self.on_screen[row] if self.on_screen else ()


@dataclass(frozen=True)
class NameSettings:
    """What naming depends on besides the lines; the fields of the stage `name` say what each is."""

    embedder: str = "wespeaker"
    use_text: bool = True
    use_cues: bool = True
    min_lines: int = 1
    closed_cast: bool = False


@dataclass(frozen=True)
class NamedSeries:
    """A series with its names. ids, voices: per line; slices: (episode, its rows); lines: with decisions as seeds.

    answer: None where nothing at all says who anybody is. labels: of a diarizer, which the cues of lines have.
    """

    ids: list[str]
    slices: list[tuple[str, slice]]
    lines: SeriesLines
    voices: list[str]
    namer: SeriesNamer
    answer: SeriesNames | None
    labels: frozenset[str] = frozenset()

    def decided(self) -> NamedSeries:
        """Return the series without what is believed of every candidate: a long one is named again beside it."""
        if self.answer is None:
            return self
        named = replace(self.answer.named, belief=self.answer.named.belief[:0].copy())
        return replace(self, answer=replace(self.answer, named=named))

    def checked(self, folds: int) -> Checked:
        """Return what becomes of names that are held back; see `audiorole.naming.answers.checked.check_names`."""
        if not self.answer or folds < 2:
            return NOTHING_CHECKED
        return check_names(self.lines, self.namer, folds, clips=self.namer.references.candidate)

    def sentences(self) -> list[str]:
        """Return what a user must hear about the naming; see `audiorole.naming.answers.silence`."""
        said, namer = unnamed_labels(self.labels), self.namer
        if self.answer is None:
            return said
        return [*silences(self.lines, namer.cast, namer.options, namer.references, self.answer.named), *said]


def name_series(
    context: SeriesContext, settings: NameSettings, identities: Identities, found: Sequence[str] | None = None
) -> NamedSeries:
    """Name a series from what earlier stages left; no audio is read, but that of new reference clips.

    found: the anonymous voice of each line, where it is known from before (decisions do not change it).
    """
    cast, references = _cast(context, settings, identities)
    columns = _columns(context, settings, cast)
    ids, slices, lines = columns.ids, list(columns.slices()), columns.finish()
    options = _options(settings)
    first = found if found is not None else series_voices(lines, options.embedder)
    voices = decided_voices(first, ids, lines, identities, options.embedder)
    lines = with_decisions(lines, ids, voices, identities, cast, options.embedder)
    namer = SeriesNamer(cast, options, references)
    known = len(references) > 0 or bool(np.any(lines.seeds >= 0))
    if known and options.use_text:
        lines = read_once(lines, cast.character)
    answer = namer.answer(lines) if known and len(lines) else None
    return NamedSeries(ids, slices, lines, voices, namer, answer, frozenset(columns.labels))


def _options(settings: NameSettings) -> NamingOptions:
    name, location = parse_reference(settings.embedder)
    known = "" if location else name.removesuffix("-fp32")
    return NamingOptions(use_text=settings.use_text, closed_cast=settings.closed_cast, embedder=known)


def sorted_lines(context: SeriesContext, shard: str) -> list[Utterance]:
    """Return an episode's lines in the order of the columns."""
    return sorted(context.read(shard, Utterance), key=lambda line: (line.start, line.id))


def _columns(context: SeriesContext, settings: NameSettings, cast: Cast) -> Columns:
    columns = Columns(cast)
    for shard in context.shards:
        voices, numbers = context.array(shard, "embed", "voices"), context.array(shard, "embed", "lines")
        faces = {name: context.array(shard, "faces", name) for name in ARRAYS}
        columns.add(shard, sorted_lines(context, shard), voices, numbers, faces, settings.use_cues)
    return columns


def _cast(context: SeriesContext, settings: NameSettings, identities: Identities) -> tuple[Cast, ReferenceVoices]:
    """Return the cast file's characters with those that cues and decisions name, and the voices of their clips."""
    (episode,) = context.records(context.shards[0], "probe", Episode)
    path = cast_file(context.inputs / episode.media, context.inputs)
    cast = read_cast(path) if path else Cast()
    folder = path.parent if path else context.inputs
    given: Counter[str] = Counter()
    for shard in context.shards if settings.use_cues else ():
        given.update(given_names(context.read(shard, Utterance)))
    cast = decided_cast(completed(cast, given, settings.min_lines), identities)
    return cast, reference_voices(cast, folder, settings.embedder, context.home / "cache" / "voices")


def checked_arrays(checked: Checked, rows: slice, ids: Sequence[str]) -> dict[str, Array]:
    """Return the columns of an episode's checked lines as arrays beside its records."""
    own = checked.where((checked.line >= rows.start) & (checked.line < rows.stop))
    numbers = np.array([line_number(ids[row]) for row in own.line.tolist()], np.int32)
    columns: tuple[Array, ...] = (numbers, own.probability, own.right, own.kind.astype(np.int32), own.run, own.named)
    return {f"checked_{name}": column for name, column in zip(COLUMNS, columns, strict=True)}


def read_checked(context: SeriesContext, shard: str, lines: Sequence[Utterance], first: int) -> Checked:
    """Return the checked lines of an episode that are among `lines`, which are numbered from `first` on."""
    numbers, *columns = (context.array(shard, "name", f"checked_{name}") for name in COLUMNS)
    row_of = {line_number(line.id): first + row for row, line in enumerate(lines)}
    rows = np.array([row_of.get(number, -1) for number in numbers.tolist()], np.int64)
    return Checked(rows, *columns).where(rows >= 0)
