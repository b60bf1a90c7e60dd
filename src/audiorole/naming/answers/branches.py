"""Parts of a voice that sound like an example: what a person splits off when one line of a voice is somebody else's.

The lines of a voice that clustering made are joined to a tree, by average linkage. With a line that was pointed at goes
the largest branch that holds none of the lines that stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from audiorole.core.vectors import unit
from audiorole.naming.answers.decisions import Identities
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.voices.clusters import plain_space
from audiorole.naming.voices.model import VoiceSpace

MOST_LINES = 3000
"""Lines in one tree; of a voice with more, those that sound most like the examples."""


def decided_voices(
    found: Sequence[str], ids: Sequence[str], lines: SeriesLines, identities: Identities, embedder: str = ""
) -> list[str]:
    """Return the voice of each line after decided splits and merges; "" where there is none.

    found: what clustering said; embedder: registered name of what made the voices. A split takes the lines along that
    sound like those that were ticked.
    """
    if not identities.source:
        return [identities.voice_of(line, voice) if voice else "" for line, voice in zip(ids, found, strict=True)]
    voices, space = list(found), plain_space(lines, embedder)
    moved = {row: identities.moved[line] for row, line in enumerate(ids) if line in identities.moved and voices[row]}
    for new, source in identities.source.items():
        goes = [row for row, target in moved.items() if identities.comes_from(target, new)]
        members = _members([identities.merged(voice) for voice in voices], identities.merged(source), goes)
        stays = [row for row in members if identities.stays.get(ids[row]) == source and row not in moved]
        for row in _like(lines, space, members, goes, stays):
            voices[row] = new
    return [identities.voice_of(line, voice) if voice else "" for line, voice in zip(ids, voices, strict=True)]


def contradicted(
    voices: Sequence[str], ids: Sequence[str], lines: SeriesLines, identities: Identities, embedder: str = ""
) -> list[int]:
    """Return the rows that a voice's name says nothing about: they sound like a line that a person named otherwise.

    voices: as decided. What such lines are is left to the evidence.
    """
    rows_of: dict[str, dict[str, list[int]]] = {}
    for row, line in enumerate(ids):
        if line in identities.label and voices[row] in identities.character:
            name = identities.character_name(identities.label[line])
            rows_of.setdefault(voices[row], {}).setdefault(name, []).append(row)
    if not rows_of:
        return []
    found, space = set[int](), plain_space(lines, embedder)
    for voice, labels in rows_of.items():
        own = identities.character_name(identities.character[voice])
        members = _members(voices, voice, [])
        heard = [row for row in members if identities.heard.get(ids[row]) == voice]
        stays = [*labels.pop(own, []), *heard]
        for goes in labels.values():
            found.update(_like(lines, space, members, goes, [row for row in stays if row not in goes]))
    return sorted(found)


def _members(voices: Sequence[str], voice: str, more: Sequence[int]) -> list[int]:
    return sorted({*(row for row, one in enumerate(voices) if one == voice), *more})


def _like(
    lines: SeriesLines, space: VoiceSpace, members: Sequence[int], goes: Sequence[int], stays: Sequence[int]
) -> list[int]:
    """Return the rows of `members` that go with `goes`."""
    if not goes:
        return []
    place = {row: i for i, row in enumerate(members)}
    voice = space.project(lines.embedding[list(members)])
    gone = branch_of(voice, [place[row] for row in goes], [place[row] for row in stays])
    return [row for row, one in zip(members, gone.tolist(), strict=True) if one]


def branch_of(voice: Floats, moved: Sequence[int], kept: Sequence[int]) -> NDArray[np.bool_]:
    """Return which lines `(n,)` of a voice go with the rows `moved`; none of `kept` does.

    voice: embeddings `(n, D)`, centred on the series. kept: rows that stay; without any, the row nearest to the mean of
    what was not pointed at.
    """
    directions = unit(voice)
    rows = _nearest(directions, moved)
    place = {int(row): i for i, row in enumerate(rows)}
    stays = [place[row] for row in kept or [_middle(directions, moved)] if row in place]
    goes = np.zeros(len(voice), bool)
    goes[list(moved)] = True
    if stays and len(rows) > len(moved):
        apart = _branches(directions[rows], [place[row] for row in moved], stays)
        goes[rows[apart]] = True
    return goes


def _nearest(directions: Floats, moved: Sequence[int]) -> NDArray[np.int64]:
    """Return up to `MOST_LINES` rows, those most like the examples, in their order."""
    if len(directions) <= MOST_LINES:
        return np.arange(len(directions))
    alike = (directions @ directions[list(moved)].T).max(axis=1)
    return np.sort(np.argsort(-alike, kind="stable")[:MOST_LINES])


def _middle(directions: Floats, moved: Sequence[int]) -> int:
    rest = np.setdiff1d(np.arange(len(directions)), list(moved))
    if len(rest) == 0:
        return -1
    return int(rest[(directions[rest] @ directions[rest].mean(0)).argmax()])


def _branches(directions: Floats, moved: Sequence[int], stays: Sequence[int]) -> NDArray[np.int64]:
    """Return the rows of the largest branches over `moved` without any of `stays`."""
    count = len(directions)
    distance = np.clip(1 - directions @ directions.T, 0, 2).astype(np.float64)
    np.fill_diagonal(distance, 0)
    members = {row: {row} for row in range(count)}
    open_, held = set(moved), set(stays)
    best = {row: {row} for row in moved}
    tree = linkage(squareform(distance, checks=False), "average")[:, :2].astype(np.int64)
    for node, (left, right) in enumerate(tree.tolist(), start=count):
        joined = members[node] = members.pop(left) | members.pop(right)
        if not joined & held:
            best.update(dict.fromkeys(joined & open_, joined))
    return np.array(sorted(set().union(*best.values())), np.int64)
