"""Who is around: the cast of the episode and of the last seconds, and the turns before and after the line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.block import Block, Planes, spread
from audiorole.naming.lines import Bools, Floats, SeriesLines

QUESTIONS = ("?", "？", "؟", "吗", "呢", "か")
"""How a question ends: marks, and the particles of scripts whose subtitles leave marks out (Chinese, Japanese)."""

WINDOWS = {"5s": 5.0, "20s": 20.0, "120s": 120.0}
"""Time constants of the casts, from one exchange to one scene."""


def cast_planes(block: Block, prior: Floats) -> Planes:
    """Yield log shares of each candidate in the episode and around the line, against the series' `prior` `(K + 1,)`."""
    rest = block.belief.sum(0) - block.belief
    log_prior = np.log(prior + 1e-4)
    yield "cast.series", np.broadcast_to(log_prior, block.belief.shape).astype(np.float32)
    yield "cast.episode", _log_share(rest, prior, 10.0) - log_prior
    for name, seconds in WINDOWS.items():
        yield f"cast.{name}", np.log(spread(block.around(seconds), block.belief) + 0.03) - np.log(np.float32(0.03))


def _log_share(mass: Floats, prior: Floats, strength: float) -> Floats:
    """Return the log of shares smoothed by `strength` lines of `prior`."""
    total = mass.sum(1, keepdims=True)
    return np.asarray(np.log((mass + strength * prior + 1e-3) / (total + strength)), np.float32)


def turn_planes(block: Block, lines: SeriesLines, change: Floats | None) -> Planes:
    """Yield what the neighbouring lines' speakers say about this one: keep the turn, or pass it on.

    change: per line, what its first and the last line's last words say about a change of speaker in between.
    """
    asked = asks(lines, block.rows)
    for offset, name in ((-1, "before"), (1, "after"), (-2, "before2"), (2, "after2")):
        at, inside = _other_cue(block, offset)
        belief = block.belief[at] * inside[:, None]
        alike = np.einsum("nd,nd->n", block.direction, block.direction[at])
        yield f"turn.{name}", belief
        yield f"turn.{name}_voice", np.asarray(belief * alike[:, None], np.float32)
        if abs(offset) == 1:
            yield from _joint(block, offset, name, belief, asked)
    if change is not None:
        before, after = block.neighbour(-1), block.neighbour(1)
        yield "turn.before_words", block.belief[before[0]] * (before[1] * change)[:, None]
        yield "turn.after_words", block.belief[after[0]] * (after[1] * change[after[0]])[:, None]
    yield "dash.other_part", _other_parts(block)


def _other_cue(block: Block, offset: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the line `offset` away, one further where the neighbour is a part of the same cue."""
    after = np.append(block.shared[1:], False)
    at, _ = block.neighbour(offset)
    step = np.where(block.shared, -1, 0) if offset < 0 else np.where(after, 1, 0)
    moved = np.arange(len(block)) + offset + step
    inside = (moved >= 0) & (moved < len(block))
    return np.where(inside, moved, at), inside


def _other_parts(block: Block) -> Floats:
    """Return the beliefs of the other parts of the line's cue: whoever says those does not say this one."""
    plane = block.zeros()
    for offset, shared in ((-1, block.shared), (1, np.append(block.shared[1:], False))):
        at, inside = block.neighbour(offset)
        plane += block.belief[at] * (inside & shared)[:, None]
    plane[:, -1] = 0.0
    return plane


def _joint(block: Block, offset: int, name: str, belief: Floats, asked: Bools) -> Planes:
    """Yield the cues of the gap between two lines: a pause, a question."""
    at, _ = _other_cue(block, offset)
    gap = block.start - block.end[at] if offset < 0 else block.start[at] - block.end
    yield f"turn.{name}_gap", np.asarray(belief * np.exp(-np.maximum(gap, 0) / 0.3)[:, None], np.float32)
    yield f"turn.{name}_pause", np.asarray(belief * np.clip(gap / 3.0, 0, 1)[:, None], np.float32)
    question = asked[at] if offset < 0 else asked
    yield f"turn.{name}_asked", np.asarray(belief * question[:, None], np.float32)


def asks(lines: SeriesLines, rows: slice) -> Bools:
    """Return which lines end as a question, in the scripts that mark it."""
    if len(lines.text) == 0:
        return np.zeros(rows.stop - rows.start, bool)
    return np.array([t.rstrip(" \"'»”").endswith(QUESTIONS) for t in lines.text[rows]], bool)
