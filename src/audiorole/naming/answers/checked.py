"""How right names are: a part of what was given is held back, the series is named without it, and the two compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.answers.calibration import Right, wilson
from audiorole.naming.engine import NamedLines
from audiorole.naming.lines import NO_SEED, SEED_KINDS, SOMEONE_ELSE, Floats, Ints, SeriesLines

LEAST_RANDOM = 30
"""Reviewed random lines from which on they alone set the dial: they are a fair sample, seeds are not quite."""


@dataclass(frozen=True)
class Checked:
    """Lines whose seed was held back while they were named, and what came of it: columns of equal length.

    line: index of the line. probability: of the name they got without their seed. right: whether it is the seed's;
    "someone else" is right for a character of whom neither another seed was left nor a clip. kind: of the seed, index
    into `SEED_KINDS`.
    run: number of the run of lines of one character that were held back together. named: whether they got a name, not
    "someone else".
    """

    line: NDArray[np.int64]
    probability: Floats
    right: NDArray[np.bool_]
    kind: Ints
    run: NDArray[np.int64]
    named: NDArray[np.bool_]

    def of_kind(self, kind: str) -> Checked:
        """Return the lines with seeds of one kind."""
        return self.where(self.kind == SEED_KINDS.index(kind))

    def fair(self) -> Checked:
        """Return the random reviewed lines where there are enough of them, else all."""
        random = self.of_kind("random")
        return random if len(random.line) >= LEAST_RANDOM else self

    def accuracy(self) -> tuple[float, float, float] | None:
        """Return the share that is right with its 95 % interval, None without any.

        The interval is Wilson's for as many lines as would vary like these runs: lines of a run are right or wrong
        together (design effect: Kish 1965).
        """
        if not len(self.line):
            return None
        share = float(self.right.mean())
        count = independent(self.right, self.run)
        return share, *wilson(share * count, count)

    def where(self, mask: NDArray[np.bool_]) -> Checked:
        """Return some of the lines."""
        return Checked(*(getattr(self, name)[mask] for name in COLUMNS))


COLUMNS = ("line", "probability", "right", "kind", "run", "named")
"""The columns of `Checked`, in its order."""

_TYPES = (np.int64, np.float32, np.bool_, np.int32, np.int64, np.bool_)
NOTHING_CHECKED = Checked(*(np.zeros(0, kind) for kind in _TYPES))  # type: ignore[arg-type]


def independent(right: Right, run: NDArray[np.integer]) -> float:
    """Return how many independent lines would tell their share as well as these do, at least one per run.

    >>> independent(np.array([True, True, False, False]), np.array([0, 0, 1, 1]))
    2.0
    """
    share, runs = float(right.mean()), np.unique(run, return_inverse=True)[1]
    if share in (0.0, 1.0):
        return float(runs.max() + 1)
    spread = float((np.bincount(runs, right - share) ** 2).sum())
    return float(np.clip(len(right) ** 2 * share * (1 - share) / max(spread, 1e-9), runs.max() + 1, len(right)))


def joined(parts: Sequence[Checked]) -> Checked:
    """Return the lines of all parts."""
    columns = ([getattr(part, name) for part in parts] for name in COLUMNS)
    return Checked(*(np.concatenate(column) for column in columns)) if parts else NOTHING_CHECKED


Namer = Callable[[SeriesLines], NamedLines]
NO_CLIPS: Ints = np.zeros(0, np.int32)

MOST_CHECKED = 2500
"""Seeds that are held back at most: so many tell a precision of 0.95 to one point, and a fifth of them is enough."""

ENOUGH_CHECKED = 400
"""Held-back seeds after which no further part is held back: in long series one more pass of naming is enough."""

RUN_SECONDS = 15.0
"""Seeds of one character that follow one another closer than this are held back together: they are as good as one."""


def check_names(lines: SeriesLines, namer: Namer, folds: int = 5, seed: int = 0, clips: Ints = NO_CLIPS) -> Checked:
    """Name the series again without a part of the seeds, and see how those lines come out.

    Up to `folds` parts, one after another, until `ENOUGH_CHECKED` lines are known. clips: the candidates who are known
    by a reference clip too, whatever is held back.

    All seeds take part, also a character's only one: that is how often a voice turns up that nobody has named.
    """
    seeded = np.flatnonzero(lines.seeds != NO_SEED)
    run = _runs(lines, seeded)
    order = np.random.default_rng(seed).permutation(run.max(initial=-1) + 1)
    share = min(1.0, MOST_CHECKED / max(len(seeded), 1))
    fold = (order % max(2, folds))[run]
    used = order[run] < share * len(order)
    kinds = lines.seed_kind if lines.seed_kind is not None else np.zeros(len(lines), np.int32)
    parts = []
    for number in range(max(2, folds)):
        taken = seeded[(fold == number) & used]
        if 0 < len(taken) < len(seeded):
            probability, right, named = _without(lines, taken, namer, clips)
            parts.append((taken, probability, right, kinds[taken], run[np.isin(seeded, taken)], named))
        if sum(len(part[0]) for part in parts) >= ENOUGH_CHECKED:
            break
    if not parts:
        return NOTHING_CHECKED
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    place = np.argsort(columns[0], kind="stable")
    return Checked(*(column[place] for column in columns))


def _runs(lines: SeriesLines, seeded: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the run that each seed belongs to."""
    if not len(seeded):
        return np.zeros(0, np.int64)
    same = (np.diff(lines.seeds[seeded]) == 0) & (np.diff(lines.episode[seeded]) == 0)
    same &= lines.start[seeded][1:] - lines.end[seeded][:-1] < RUN_SECONDS
    return np.concatenate([[0], np.cumsum(~same)]).astype(np.int64)


def _without(
    lines: SeriesLines, taken: NDArray[np.int64], namer: Namer, clips: Ints
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Name the lines without the seeds `taken`; return their probability, rightness, and whether they got a name."""
    column = lines.seeds.copy()
    column[taken] = NO_SEED
    named = namer(lines.with_seeds(column, lines.seed_reliability))
    truth, answer = lines.seeds[taken], named.character[taken]
    unknown = (truth == SOMEONE_ELSE) | ~np.isin(truth, np.concatenate([column, clips]))
    return named.probability[taken], np.where(answer == -1, unknown, answer == truth), answer >= 0
