"""Read the drama_dev packs (`<drama>.npz`) into the naming engine's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from audiorole.naming import NO_SEED, FaceColumns, SeriesLines
from audiorole.types import Cast, Character
from benchmarks.naming.drawn_series import unknown_faces
from benchmarks.naming.series_pack import Pack

FRAME_MS = 60
"""Faces were looked for on frames at most this far from a line's bounds."""

EPISODE_MS = 10**8


@dataclass(frozen=True)
class Drama:
    """One drama: its lines and cast, the truth as candidate index (-1 = someone else), which lines are scored.

    speaker: whose name each line has in the truth, guests told apart.
    """

    name: str
    lines: SeriesLines
    cast: Cast
    truth: np.ndarray
    scored: np.ndarray
    episode: np.ndarray
    line: np.ndarray
    speaker: np.ndarray


def part(drama: Drama, first: int, last: int) -> Drama:
    """Return the episodes `first` to `last` as a series of its own; who has no seed there is no candidate there."""
    rows = np.flatnonzero((drama.episode >= first) & (drama.episode <= last))
    lines, faces = drama.lines, drama.lines.faces
    assert faces is not None
    assert np.all(np.diff(rows) == 1)
    entries = slice(int(faces.pointer[rows[0]]), int(faces.pointer[rows[-1] + 1]))
    seen = FaceColumns(
        faces.pointer[rows[0] : rows[-1] + 2] - entries.start, faces.name[entries], faces.score[entries],
        faces.share[entries], faces.frames[entries], faces.names,
        *(column[entries] for column in (faces.at_start, faces.at_end) if column is not None),
    )  # fmt: skip
    some = SeriesLines(
        embedding=lines.embedding[rows], start=lines.start[rows], end=lines.end[rows], episode=lines.episode[rows],
        text=[lines.text[i] for i in rows], seed=lines.seeds[rows], faces=seen,
    )  # fmt: skip
    columns = (c[rows] for c in (drama.truth, drama.scored, drama.episode, drama.line, drama.speaker))
    return Drama(f"{drama.name} {first}-{last}", some, drama.cast, *columns)


def with_a_seed_each(drama: Drama, seed: int = 0) -> Drama:
    """Return the drama with one random seed more for each character who speaks and has none, as the packs are made."""
    rng = np.random.default_rng(seed)
    column = drama.lines.seeds.copy()
    for k in np.setdiff1d(np.unique(drama.truth[drama.scored]), [-1, *column[column >= 0]]):
        column[rng.choice(np.flatnonzero((drama.truth == k) & drama.scored))] = k
    return replace(drama, lines=drama.lines.with_seeds(column))


def with_seeds_redrawn(drama: Drama, seed: int, share: float = 1.0) -> Drama:
    """Return the drama with `share` times as many seeds a character, drawn from the clearer half of their lines."""
    rng = np.random.default_rng(seed)
    old, clarity = drama.lines.seeds, drama.lines.clarity
    column = np.full(len(old), NO_SEED, np.int32)
    for k in np.unique(old[old >= 0]):
        usable = np.flatnonzero((drama.truth == k) & drama.scored)
        clear = usable[clarity[usable] >= np.quantile(clarity[usable], 0.5)]
        column[rng.permutation(clear)[: max(1, round(np.sum(old == k) * share))]] = k
    return replace(drama, lines=drama.lines.with_seeds(column))


def with_cast_made_guests(drama: Drama, seed: int, share: float = 0.3, most_lines: float = 0.12) -> Drama:
    """Return the drama as if a random `share` of those who speak were guests, at most `most_lines` of all lines.

    Who says little is drawn more often. Guests have no seed, and their faces have another name in each episode, as the
    packs' guests have: every drama draws the line between its cast and its guests elsewhere.
    """
    rng = np.random.default_rng(seed)
    size = np.bincount(drama.truth[drama.scored & (drama.truth >= 0)], minlength=len(drama.cast.character))
    who = np.flatnonzero(size)
    chance = 1 / np.sqrt(size[who])
    drawn = rng.choice(who, max(1, round(share * len(who))), replace=False, p=chance / chance.sum())
    guests = drawn[np.cumsum(size[drawn]) <= most_lines * size.sum()]
    column = np.where(np.isin(drama.lines.seeds, guests), NO_SEED, drama.lines.seeds).astype(np.int32)
    names = {drama.cast.character[k].name for k in guests}
    faces = drama.lines.faces
    assert faces is not None
    lines = replace(drama.lines.with_seeds(column), faces=unknown_faces(faces, drama.episode, names))
    return replace(drama, lines=lines, truth=np.where(np.isin(drama.truth, guests), -1, drama.truth))


def _seen_at(pack: Mapping[str, np.ndarray], moment: np.ndarray) -> np.ndarray:
    """Return per face of a line whether it was found within `FRAME_MS` of the line's `moment` (ms, `(N,)`)."""
    when = pack["face_episode"].astype(np.int64) * EPISODE_MS + pack["face_ms"]
    order = np.argsort(when, kind="stable")
    at = pack["episode"].astype(np.int64) * EPISODE_MS + moment
    low, high = (np.searchsorted(when[order], at + d, side) for d, side in ((-FRAME_MS, "left"), (FRAME_MS, "right")))
    line = np.repeat(np.arange(len(at)), high - low)
    face = order[np.arange(len(line)) + np.repeat(low - np.cumsum(high - low) + (high - low), high - low)]
    size = len(pack["face_names"])
    found = line * size + pack["face_name"][face]
    entry = np.repeat(np.arange(len(at)), np.diff(pack["lf_ptr"])) * size + pack["lf_name"]
    return np.isin(entry, found)


def as_pack(drama: Drama) -> Pack:
    """Return the drama as a pack from which series are drawn; clips are lines of 1.5 s and more, short to 2.5 s."""
    size, lines = len(drama.cast.character), drama.lines
    others, guest = np.unique(drama.speaker, return_inverse=True)
    speaker = np.where(drama.truth >= 0, drama.truth, size + guest)
    names = (*(c.name for c in drama.cast.character), *(f"guest {k}" for k in others))
    usable = np.flatnonzero(drama.scored & (drama.truth >= 0) & (lines.duration >= 1.5))
    usable = np.repeat(usable, 1 + (lines.duration[usable] < 2.5))
    short = np.append(False, usable[1:] == usable[:-1])
    n = len(lines)
    whole = replace(lines.with_seeds(np.full(n, NO_SEED, np.int32)))
    return Pack(
        drama.name, whole, names, np.where(drama.scored, speaker, -1), np.full(n, ""), np.full(n, NO_SEED), np.ones(n),
        drama.episode, lines.embedding[usable], speaker[usable], lines.duration[usable], short, drama.episode[usable],
        lines.start[usable], frozenset(range(size, len(names))),
    )  # fmt: skip


def load(path: Path) -> Drama:
    """Read one pack."""
    pack = np.load(path)
    known = pack["known"]
    place = np.full(len(pack["names"]), -1, np.int32)
    place[known] = np.arange(len(known))
    truth = place[pack["character"]]
    faces = FaceColumns(
        pack["lf_ptr"].astype(np.int64), pack["lf_name"], pack["lf_score"].astype(np.float32),
        pack["lf_share"].astype(np.float32), pack["lf_frames"].astype(np.int32),
        tuple(str(n) for n in pack["face_names"]), *(_seen_at(pack, pack[m]) for m in ("start_ms", "end_ms")),
    )  # fmt: skip
    lines = SeriesLines(
        embedding=pack["emb"] * pack["emb_norm"][:, None], start=pack["start_ms"] / 1e3, end=pack["end_ms"] / 1e3,
        episode=pack["episode"].astype(np.int32), text=[str(t) for t in pack["text"]],
        seed=np.where(pack["seed"], truth, NO_SEED).astype(np.int32), faces=faces,
    )  # fmt: skip
    cast = Cast(character=tuple(Character(name=str(pack["names"][k])) for k in known))
    scored = ~pack["invalid"]
    return Drama(path.stem, lines, cast, truth, scored, pack["episode"], pack["line"], pack["character"])
