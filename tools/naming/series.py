"""The series that naming weights are fitted on: dramas and annotated episodes, whole, and drawn as users have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from audiorole.naming import ReferenceVoices, SeriesLines
from audiorole.types import Cast
from benchmarks.naming import drama_pack
from benchmarks.naming.drawn_series import Condition, Drawn, draw
from benchmarks.naming.series_pack import Pack


@dataclass(frozen=True)
class Learnt:
    """A series to learn from. truth: `(N,)` candidate, -1 someone else; speaker: guests told apart; share: its weight.

    embedder: registered name of what made its voices, "" for any other.
    """

    name: str
    lines: SeriesLines
    cast: Cast
    references: ReferenceVoices
    truth: np.ndarray
    scored: np.ndarray
    speaker: np.ndarray
    share: float
    embedder: str


CUTS = tuple(
    Condition("cut", minutes=minutes, clips=clips, short=short, guests=guests)
    for minutes, clips, short, guests in (
        (1, 1, True, 0.0), (1, 1, True, 0.4), (3, 1, True, 0.0), (3, 1, True, 0.2), (3, 2, False, 0.4),
        (10, 1, True, 0.0), (10, 1, True, 0.25), (10, 1, True, 0.5), (10, 3, False, 0.1),
    )
)  # fmt: skip
DRAWN = (
    Condition("clips", episodes=5, clips=3, guests=0.15),
    Condition("one clip", episodes=4, clips=1, short=True, guests=0.1),
    Condition("one clip, guests", episodes=3, clips=1, guests=0.4),
    Condition("few names", episodes=4, names=0.04, guests=0.1),
    Condition("names", episodes=3, names=0.3, guests=0.2),
    Condition("names and clips", episodes=3, names=0.08, clips=2, guests=0.05),
)
SERIES = (
    Condition("given", given=True),
    Condition("given and clips", given=True, clips=2),
    Condition("three clips", clips=3),
    Condition("three clips, guests", clips=3, guests=0.3),
    Condition("one clip", clips=1),
    Condition("one short clip", clips=1, short=True, guests=0.1),
    Condition("few names", names=0.04, guests=0.1),
    Condition("names", names=0.25, guests=0.05),
    Condition("scripts", given=True, scripts=True),
)
CUT_ROUNDS = {"drama": 1, "series": 3}

MINUTES = (
    *(
        Condition("minutes", minutes=minutes, clips=1, short=True, guests=guests)
        for minutes in (1, 3, 10)
        for guests in (0.0, 0.25, 0.5)
    ),
    Condition("minutes", minutes=2, clips=2, guests=0.35),
    Condition("minutes", minutes=5, clips=1, guests=0.15),
    Condition("minutes", minutes=5, clips=3, guests=0.4),
    Condition("minutes", minutes=10, clips=3, guests=0.1),
    Condition("minutes", minutes=10, names=0.25, guests=0.3),
    Condition("episodes", episodes=2, clips=1, short=True, guests=0.3),
    Condition("episodes", episodes=2, clips=2, guests=0.1),
    Condition("episodes", episodes=3, names=0.08, guests=0.2),
)
MINUTES_ROUNDS = {"drama": 1, "series": 4}
"""What is like minutes of a series, and how often each is drawn from every drama and from all annotated episodes."""

REDRAWS = 2
"""How often each condition is drawn from annotated episodes: other clips, other names, other guests."""

WHOLE_LINES = 600
"""Lines from which on annotated episodes count in full."""


def of_drama(drama: drama_pack.Drama, number: int) -> Iterator[Learnt]:
    """Yield the drama as it is and with other guests, and what is drawn from it."""
    yield _learnt(drama, 3.0)
    last = int(drama.episode.max())
    half = drama_pack.part(drama, 1, last // 2) if number % 2 else drama_pack.part(drama, last // 2 + 1, last)
    redrawn = drama_pack.with_a_seed_each(drama_pack.with_seeds_redrawn(half, 1 + number))
    yield _learnt(drama_pack.with_cast_made_guests(redrawn, 11 + number), 2.0)
    quarter = drama_pack.part(drama, last // 4 + 1, last // 2)
    again = drama_pack.with_a_seed_each(drama_pack.with_seeds_redrawn(quarter, 21 + number))
    yield _learnt(drama_pack.with_cast_made_guests(again, 31 + number), 1.0)
    pack = drama_pack.as_pack(drama)
    rng = np.random.default_rng(100 + number)
    for condition in DRAWN:
        yield of_drawn(draw(pack, condition, rng), 0.7, "")
    yield from cuts(pack, CUT_ROUNDS["drama"], rng, None, "")


def parts_of_drama(drama: drama_pack.Drama, number: int) -> Iterator[Learnt]:
    """Yield four episodes with a seed for everybody, and what is drawn from pairs of episodes."""
    part = drama_pack.part(drama, 3 + number, 6 + number)
    yield _learnt(drama_pack.with_a_seed_each(drama_pack.with_seeds_redrawn(part, number)), 1.0)
    pack, rng = drama_pack.as_pack(drama), np.random.default_rng(300 + number)
    for condition in DRAWN:
        yield of_drawn(draw(pack, replace(condition, episodes=2), rng), 0.4, "")
    yield from cuts(pack, CUT_ROUNDS["drama"], rng, None, "")


def of_series(pack: Pack, parity: int | None, number: int) -> Iterator[Learnt]:
    """Yield series drawn from annotated episodes. parity: 0 takes the even ones only."""
    rng = np.random.default_rng(200 + number)
    lines = len(pack.lines) if parity is None else int(np.sum(pack.number % 2 == parity))
    share = 1.5 / REDRAWS * min(1.0, lines / WHOLE_LINES)
    for condition in SERIES * REDRAWS:
        yield of_drawn(draw(pack, condition, rng, parity), share, "wespeaker")
    yield from cuts(pack, CUT_ROUNDS["series"], rng, parity, "wespeaker")


def cuts(pack: Pack, rounds: int, rng: np.random.Generator, parity: int | None, embedder: str) -> Iterator[Learnt]:
    """Yield short runs of lines."""
    for condition in CUTS * rounds:
        drawn = draw(pack, condition, rng, parity)
        if len(drawn.references) > 1 and drawn.scored.sum() > 3:
            yield of_drawn(drawn, 0.25 / rounds, embedder)


def minutes(pack: Pack, rounds: int, seed: int, parity: int | None, embedder: str) -> Iterator[Learnt]:
    """Yield minutes and few episodes; what has more lines counts for more, but less than line by line."""
    rng = np.random.default_rng(seed)
    for condition in MINUTES * rounds:
        drawn = draw(pack, condition, rng, parity)
        if len(drawn.cast.character) > 1 and drawn.scored.sum() > 3:
            yield of_drawn(drawn, 0.02 * float(np.sqrt(drawn.scored.sum())) / rounds, embedder)


def all_minutes(dramas: Sequence[drama_pack.Drama], packs: Sequence[Pack]) -> Iterator[Learnt]:
    """Yield minutes of dramas, and of even episodes of the packs."""
    for number, pack in enumerate(packs):
        yield from minutes(pack, MINUTES_ROUNDS["series"], 400 + number, 0, "wespeaker")
    for number, drama in enumerate(dramas):
        pack = drama_pack.as_pack(drama)
        yield from minutes(pack, MINUTES_ROUNDS["drama"], 500 + number, None, "")


def of_drawn(drawn: Drawn, share: float, embedder: str) -> Learnt:
    """Return a drawn series as one to learn from."""
    columns = (drawn.lines, drawn.cast, drawn.references, np.maximum(drawn.truth, -1), drawn.scored, drawn.speaker)
    return Learnt(drawn.name, *columns, share, embedder)


def _learnt(drama: drama_pack.Drama, share: float) -> Learnt:
    columns = (drama.lines, drama.cast, ReferenceVoices(), drama.truth, drama.scored, drama.speaker)
    return Learnt(drama.name, *columns, share, "")


def without_faces(some: Learnt) -> Learnt:
    """Return the series as if it had no picture."""
    return replace(some, lines=replace(some.lines, faces=None))
