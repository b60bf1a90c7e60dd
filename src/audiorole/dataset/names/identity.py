"""Identity at the level of the series: anonymous voices, and what people decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from audiorole.dataset.names.decision_file import read_log
from audiorole.naming import SeriesLines
from audiorole.naming.answers.branches import contradicted
from audiorole.naming.answers.decisions import Identities, merged_seeds, replay, seed_kinds, seeds_from
from audiorole.naming.voices.clusters import cluster_voices, voice_names
from audiorole.types import Cast, Character


def read_identities(home: Path) -> Identities:
    """Return the state after all decisions. Raises InputError where the log is damaged."""
    return replay(read_log(home))


def decided_cast(cast: Cast, identities: Identities) -> Cast:
    """Return `cast` under the decided names, with the characters that only decisions know."""
    unique: dict[str, Character] = {}
    for character in cast.character:
        name = identities.character_name(character.name)
        unique[name] = _joined(unique.get(name, Character(name)), character)
    decided = {*identities.character.values(), *identities.label.values()}
    for name in sorted({identities.character_name(name) for name in decided if name}):
        unique.setdefault(name, Character(name))
    return msgspec.structs.replace(cast, character=tuple(unique.values()))


def _joined(kept: Character, other: Character) -> Character:
    """Return `kept` with what `other`, another name of the same character, brings."""
    names = dict.fromkeys([*kept.aliases, other.name, *other.aliases])
    return msgspec.structs.replace(
        kept,
        aliases=tuple(name for name in names if name != kept.name),
        actor=kept.actor or other.actor,
        gender=kept.gender or other.gender,
        references=(*kept.references, *other.references),
    )


def series_voices(lines: SeriesLines, embedder: str = "") -> list[str]:
    """Return the anonymous voice of each line as clustering finds it; "" where no voice was measured."""
    return voice_names(cluster_voices(lines, embedder=embedder)) if len(lines) else []


def with_decisions(
    lines: SeriesLines,
    ids: Sequence[str],
    voices: Sequence[str],
    identities: Identities,
    cast: Cast,
    embedder: str = "",
) -> SeriesLines:
    """Return the lines with what people decided as seeds; a decision beats what a cue says."""
    names = [character.name for character in cast.character]
    silent = set(contradicted(voices, ids, lines, identities, embedder))
    decided = seeds_from(identities, ids, ["" if row in silent else v for row, v in enumerate(voices)], names)
    given = lines.seed_kind if lines.seed_kind is not None else np.zeros(len(lines), np.int32)
    kinds = seed_kinds(identities, ids, decided[0], given)
    seed, sure = merged_seeds(decided, (lines.seeds, lines.reliability))
    return replace(lines, seed=seed, seed_reliability=sure, seed_kind=kinds)
