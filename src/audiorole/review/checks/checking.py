"""What a decision may name: one check for the page and for the command line, with the nearest name in its answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import msgspec

from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.cast import all_names, name_fault, name_key, read_cast
from audiorole.dataset.names.decision_file import now, read_log
from audiorole.dataset.names.naming_stage import require_naming
from audiorole.errors import UserError
from audiorole.naming.answers.corrections import corrections, text_digest
from audiorole.naming.answers.decisions import CORRECTIONS, Decision, Identities, Kind, decide, replay
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.store import read_records
from audiorole.review.checks.answer import Answer
from audiorole.review.checks.line_checks import KnownLine, KnownLines, checked_correction, with_corrections
from audiorole.review.checks.spelling import must_be, nearest_name
from audiorole.types import Episode
from audiorole.types.episode import Source
from audiorole.types.record import narrowed

NAMING_KINDS = ("name_voice", "merge_voices", "split_voice", "rename", "merge_characters", "label_line", "cast_actor")
KINDS = (*NAMING_KINDS, *CORRECTIONS)
LONGEST_NAME = 120

NEAR = 0.72
"""How like a known name a new one must be to be taken for a slip of the fingers (difflib's ratio): Jo is like Joe.
One wrong letter behind the first is a slip too, however short the name."""


@dataclass(frozen=True)
class Known:
    """What decisions may name. lines: by id; voices; characters: with their other names; episodes: id → seconds."""

    lines: KnownLines
    voices: Collection[str]
    characters: Collection[str]
    episodes: Mapping[str, float]

    def after(self, decision: Decision) -> Known:
        """Return what is known once a decision was taken."""
        state = replay([decision])
        lines = with_corrections(self.lines, corrections([decision]))
        named = {*state.character.values(), *state.label.values(), *state.same_as.values()} - {""}
        return Known(lines, {*self.voices, *state.source}, {*self.characters, *named}, self.episodes)


def checked(asked: Answer, known: Known) -> Answer:
    """Return the answer with names as they are known. Raises UserError where it names what is not there."""
    if asked.kind not in KINDS:
        raise UserError(f"{asked.kind!r} is no kind of decision; there are {', '.join(KINDS)}.")
    if asked.kind in CORRECTIONS:
        return checked_correction(asked, known.lines, known.episodes)
    if len(asked.value) > LONGEST_NAME:
        raise UserError(f"A name has at most {LONGEST_NAME} letters.")
    if asked.value and (fault := name_fault(asked.value)):
        raise UserError(f"The name {asked.value!r} {fault}.")
    for line in (*asked.lines, *asked.kept, *([asked.subject] if asked.kind == "label_line" else [])):
        must_be("line", line, known.lines)
    if asked.kind.endswith(("_voice", "_voices")):
        must_be("voice", asked.subject, known.voices)
    if asked.kind not in ("label_line", "name_voice") and not asked.value:
        raise UserError("Say what it becomes: the name is empty.")
    return _named(asked, known)


def decision_of(asked: Answer, known: Known, who: str) -> Decision:
    """Return the decision that a checked answer is, taken now by `who`."""
    of_line = known.lines.get(asked.subject)
    guess = of_line.character if of_line and asked.random and asked.kind == "label_line" else None
    was = of_line.was if of_line and asked.kind in CORRECTIONS else ""
    moment = now()
    return decide(
        cast(Kind, asked.kind), asked.subject, asked.value, asked.lines, moment, asked.random, asked.kept, who, guess,
        asked.span, was,
    )  # fmt: skip


def _named(asked: Answer, known: Known) -> Answer:
    if asked.kind == "merge_voices":
        must_be("voice", asked.value, known.voices)
        if asked.value == asked.subject:
            raise UserError("A voice is one with itself already: name the other one.")
    if asked.kind == "split_voice" and not asked.lines:
        raise UserError("A split wants the lines that move: give at least one.")
    if asked.kind in ("rename", "merge_characters", "cast_actor"):
        asked = replace(asked, subject=must_be("character", asked.subject, known.characters))
    if asked.kind == "merge_characters":
        return replace(asked, value=must_be("character", asked.value, known.characters))
    if asked.kind in ("name_voice", "label_line") and asked.value:
        return replace(asked, value=_character(asked.value, known.characters, asked.new))
    return asked


def _character(name: str, known: Iterable[str], new: bool) -> str:
    """Return the known spelling of a character, or a new name that is like none."""
    spelled = {name_key(other): other for other in sorted(known, reverse=True)}
    if name_key(name) in spelled:
        return spelled[name_key(name)] if name not in known else name
    near = nearest_name(name, known, NEAR)
    if near and not new:
        raise UserError(f"There is no character {name!r} yet. Did you mean {near!r}? If not, say that the name is new.")
    return name


def _cast_names(line: StagePlan) -> Iterator[str]:
    """Yield the names of the cast files; one that cannot be read any more names nobody."""
    folder = line.folder("name")
    medias = {line.inputs / narrowed(line.source(shard), Source).media for shard in folder.shards()}
    for path in sorted({path for media in medias if (path := cast_file(media, line.inputs))}):
        with suppress(UserError):
            yield from (name for character in read_cast(path).character for name in all_names(character))


class _Name(msgspec.Struct):
    character: str = ""
    speaker: str = ""


class _NamedLine(msgspec.Struct, frozen=True):
    """The part of a line that a decision can be about."""

    id: str
    start: float
    text: str = ""
    naming: _Name = msgspec.field(default_factory=_Name)


def known_of(line: StagePlan, home: Path) -> Known:
    """Return what the last build of `home`, and decisions since, know; reads no audio and names nothing anew."""
    require_naming(line, home)
    log, folder = read_log(home), line.folder("name")
    state = replay(log)
    lines: dict[str, KnownLine] = {}
    voices: set[str] = set()
    for shard in folder.shards():
        for row in _rows(folder.records(shard)):
            lines[row.id] = KnownLine(row.naming.character, row.start, text_digest(row.text))
            voices.add(state.voice_of(row.id, row.naming.speaker))
    named = {known.character for known in lines.values() if known.character}
    characters = _characters(line, named, state) - {""}
    return Known(with_corrections(lines, corrections(log)), voices - {""}, characters, _episodes(line))


def _episodes(line: StagePlan) -> dict[str, float]:
    """Return the episodes with their seconds."""
    probe = line.folder("probe")
    shards = line.folder("name").shards()
    return {episode.id: episode.duration for shard in shards for episode in read_records(probe.records(shard), Episode)}


def _rows(path: Path) -> list[_NamedLine]:
    if not path.exists():  # a quarantined episode
        return []
    return msgspec.json.decode(b"[" + b",".join(path.read_bytes().splitlines()) + b"]", type=list[_NamedLine])


def _characters(line: StagePlan, named: set[str], state: Identities) -> set[str]:
    """Return the names that lines have, that cast files give and that decisions gave."""
    decided = {*state.character.values(), *state.label.values(), *state.added.values(), *state.same_as.values()}
    return {state.character_name(name) for name in {*named, *decided, *_cast_names(line)}}
