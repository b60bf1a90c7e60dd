"""Series as users have them, drawn from annotated ones: how long, how many clips and names, how many guests.

A draw takes a part of a pack (`series_pack.py`), makes some of its speakers guests, and gives the others clips from
elsewhere in the series, or names on some of their lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from audiorole.naming import NO_SEED, SOMEONE_ELSE, FaceColumns, ReferenceVoices, SeriesLines
from audiorole.naming.lines import SEED_KINDS
from audiorole.types import Cast, Character
from benchmarks.naming.series_pack import Pack

SDH = SEED_KINDS.index("sdh")
NAME_RELIABILITY = 0.97


@dataclass(frozen=True)
class Condition:
    """What a series is like. minutes: of one run of lines from one episode; 0 takes all of `episodes`.

    episodes: how many, 0 for all. clips: for each of the cast, None for 1 to 10; short: of two seconds, else whole
    lines. given: use the names that the cues have. names: share of all lines with a name besides. guests: share of
    lines whose speakers have neither clip nor name; None makes guests of whoever says fewer than 20 lines.
    scripts: every second episode has a script: names on nine lines in ten.
    """

    name: str
    minutes: float = 0.0
    episodes: int = 0
    clips: int = 0
    short: bool = False
    given: bool = False
    names: float = 0.0
    guests: float | None = None
    scripts: bool = False


@dataclass(frozen=True)
class Drawn:
    """A drawn series. truth: `(N,)` index into the cast, -1 for guests, -2 where it is not known.

    speaker: `(N,)` who it is, guests told apart; -1 where not known. number: of the episode.
    """

    name: str
    lines: SeriesLines
    cast: Cast
    references: ReferenceVoices
    truth: np.ndarray
    speaker: np.ndarray
    number: np.ndarray
    scene: np.ndarray

    @property
    def scored(self) -> np.ndarray:
        """Lines whose truth is known."""
        return self.truth > -2


def draw(pack: Pack, condition: Condition, rng: np.random.Generator, parity: int | None = None) -> Drawn:
    """Return one series under a condition. parity: 0 or 1 takes even or odd episodes only."""
    rows = _rows(pack, condition, rng, parity)
    here = pack.speaker[rows]
    guests = _guests(pack, condition, here, rng)
    who, clips = _clips(pack, condition, rows, here, guests, rng)
    seed, sure = _names(pack, condition, rows, guests, rng)
    cast = np.union1d(np.unique(seed[seed >= 0]), np.array(who, int)).astype(int)
    place = np.full(len(pack.names) + 2, -1)
    place[cast] = np.arange(len(cast))
    place[-1] = NO_SEED
    strangers = {pack.names[k] for k in guests}
    lines = replace(
        _some(pack.lines, rows, strangers),
        seed=np.where(seed == SOMEONE_ELSE, SOMEONE_ELSE, place[seed]).astype(np.int32),
        seed_reliability=sure,
        seed_kind=np.where(seed != NO_SEED, SDH, 0).astype(np.int32),
    )
    truth = np.where(here < 0, -2, np.where(np.isin(here, list(pack.guests)), -1, place[here]))
    references = ReferenceVoices(clips[0], place[np.array(who, int)].astype(np.int32), clips[1])
    characters = Cast(character=tuple(Character(pack.names[k]) for k in cast))
    return Drawn(condition.name, lines, characters, references, truth, here, pack.number[rows], pack.scene[rows])


def _rows(pack: Pack, condition: Condition, rng: np.random.Generator, parity: int | None) -> np.ndarray:
    own = np.ones(len(pack.lines), bool) if parity is None else pack.number % 2 == parity
    if condition.minutes:
        episode = rng.choice(np.unique(pack.lines.episode[own]))
        inside = pack.lines.episode == episode
        seconds = condition.minutes * 60
        last = pack.lines.end[inside].max()
        starts = pack.lines.start[inside]
        first = rng.choice(starts[starts <= max(last - seconds, starts.min())])
        return np.flatnonzero(inside & (pack.lines.start >= first) & (pack.lines.start < first + seconds))
    if condition.episodes:
        every = np.unique(pack.lines.episode[own])
        own &= np.isin(pack.lines.episode, rng.choice(every, min(condition.episodes, len(every)), replace=False))
    return np.flatnonzero(own)


def _some(lines: SeriesLines, rows: np.ndarray, strangers: set[str]) -> SeriesLines:
    """Return some of the lines as a series. strangers: whose faces nobody knows."""
    columns = {}
    for name in ("embedding", "start", "end", "episode", "cue", "italic", "overlap"):
        column = getattr(lines, name)
        columns[name] = None if column is None else column[rows]
    columns["episode"] = np.unique(columns["episode"], return_inverse=True)[1].astype(np.int32)
    text = [lines.text[i] for i in rows] if len(lines.text) else ()
    faces = None if lines.faces is None else unknown_faces(faces_of(lines.faces, rows), columns["episode"], strangers)
    return SeriesLines(text=text, usual_length=lines.usual_length, faces=faces, **columns)


def faces_of(faces: FaceColumns, rows: np.ndarray) -> FaceColumns:
    """Return the faces at the lines `rows`, increasing."""
    count = np.diff(faces.pointer)
    inside = np.zeros(len(count), bool)
    inside[rows] = True
    some = faces.only(np.repeat(inside, count))
    return replace(some, pointer=np.concatenate([[0], np.cumsum(count[rows])]).astype(np.int64))


def unknown_faces(faces: FaceColumns, episode: np.ndarray, names: set[str]) -> FaceColumns:
    """Return the faces with those of `names` as clusters of single episodes."""
    where = episode[np.repeat(np.arange(len(faces.pointer) - 1), np.diff(faces.pointer))]
    hidden = np.isin(faces.name, [i for i, name in enumerate(faces.names) if name in names])
    known = np.unique(np.column_stack([faces.name[hidden], where[hidden]]), axis=0, return_inverse=True)
    column = faces.name.astype(np.int64)
    column[hidden] = len(faces.names) + known[1].ravel()
    strangers = tuple(f"{faces.names[name]} as a stranger in {number}" for name, number in known[0])
    return replace(faces, name=column, names=(*faces.names, *strangers))


def _guests(pack: Pack, condition: Condition, here: np.ndarray, rng: np.random.Generator) -> set[int]:
    """Return who is a guest: who says little, or some at random until their lines are the share that is asked for."""
    present, count = np.unique(here[here >= 0], return_counts=True)
    if condition.guests is None:
        every = np.bincount(pack.speaker[pack.speaker >= 0], minlength=len(pack.names))
        return set(np.flatnonzero(every < 20).tolist()) | pack.guests
    guests = set(pack.guests)
    lines, most = count[np.isin(present, list(guests))].sum(), condition.guests * count.sum()
    for k in rng.permutation(len(present)).tolist():
        if present[k] not in guests and lines + count[k] <= most + 0.05 * count.sum() * (most > 0):
            guests.add(int(present[k]))
            lines += count[k]
    return guests


def _clips(
    pack: Pack, condition: Condition, rows: np.ndarray, here: np.ndarray, guests: set[int], rng: np.random.Generator
) -> tuple[list[int], tuple[np.ndarray, np.ndarray]]:
    """Return whose each clip is, and their voices and seconds."""
    who: list[int] = []
    chosen: list[int] = []
    spans = {(int(pack.number[r]), round(float(pack.lines.start[r]))) for r in rows} if condition.minutes else set()
    present = {int(k) for k in here[here >= 0]}
    absent = (
        set(rng.choice(len(pack.names), min(3, len(pack.names)), replace=False).tolist())
        if condition.minutes
        else set()
    )
    for k in sorted((present | absent) - guests) if condition.clips else []:
        usable = (pack.clip_speaker == k) & (pack.clip_short == condition.short)
        if not condition.short:
            usable &= pack.clip_seconds >= 1.5
        if spans:
            near = {(n, s + d) for n, s in spans for d in (-2, -1, 0, 1, 2)}
            begin = np.round(pack.clip_start).astype(int)
            usable &= np.array(
                [(n, s) not in near for n, s in zip(pack.clip_episode.tolist(), begin.tolist(), strict=True)]
            )
        found = rng.permutation(np.flatnonzero(usable))[: condition.clips]
        chosen += found.tolist()
        who += [k] * len(found)
    rows = np.array(chosen, int)
    return who, (pack.clip_voice[rows].astype(np.float32), pack.clip_seconds[rows].astype(np.float32))


def _names(
    pack: Pack, condition: Condition, rows: np.ndarray, guests: set[int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the name that each line has, and how reliable it is."""
    seed, sure = np.full(len(rows), NO_SEED), np.ones(len(rows), np.float32)
    here = pack.speaker[rows]
    if condition.given:
        seed, sure = pack.given[rows].copy(), pack.sure[rows].astype(np.float32).copy()
    share = np.full(len(rows), condition.names)
    if condition.scripts:
        share[_scripted(pack.number[rows])] = 0.9
    allowed = (here >= 0) if condition.scripts else (here >= 0) & ~np.isin(here, list(guests))
    named = (rng.random(len(rows)) < share) & allowed & (seed == NO_SEED)
    seed[named], sure[named] = here[named], NAME_RELIABILITY
    return seed, sure


def _scripted(number: np.ndarray) -> np.ndarray:
    """Return the lines of episodes with a script: even ones, and every second one where all are even or all are odd."""
    both = len(np.unique(number % 2)) == 2
    return (number if both else number // 2) % 2 == 0
