"""What a comparison could have found: minimum detectable difference, and whether more characters or lines help."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize, stats

from audiorole.types import Record

POWER = 0.8
"""Cohen 1988, sec. 2.4: the usual power to plan for."""

MOST_CHARACTERS = 2000
"""Where the search for enough characters gives up: more than any dataset of the field has."""


class PowerAdvice(Record, frozen=True):
    """What would make the smallest detectable difference smaller.

    spread: standard deviation of the character differences; line_share: part of its variance that comes from
    having few lines per character, in [0, 1]; with_double_lines, with_double_characters: detectable differences.
    """

    characters: int
    spread: float
    line_share: float
    detectable: float
    with_double_lines: float
    with_double_characters: float
    text: str


def smallest_p(num_characters: int) -> float:
    """Return the p that no sign-flip test over so many characters can go below.

    >>> smallest_p(6)
    0.03125
    """
    return min(1.0, 2.0 ** (1 - num_characters))


def detectable_difference(spread: float, num_characters: int, alpha: float = 0.05, power: float = POWER) -> float:
    """Return the true mean difference that a paired test finds with `power`; inf below two characters.

    spread: standard deviation of the differences over characters. Source: noncentral t (Cohen 1988, ch. 2).
    """
    if num_characters < 2:
        return float("inf")
    if spread == 0:
        return 0.0
    return float(_shift(num_characters, alpha, power) * spread / np.sqrt(num_characters))


def minimum_detectable_difference(differences: Sequence[float], alpha: float = 0.05) -> float | None:
    """Return the smallest mean difference these characters could show; None below two of them."""
    if len(differences) < 2:
        return None
    return detectable_difference(float(np.std(differences, ddof=1)), len(differences), alpha)


def characters_needed(effect: float, spread: float, alpha: float = 0.05, power: float = POWER) -> int | None:
    """Return how many characters show a mean difference of `effect` with `power`; None beyond `MOST_CHARACTERS`.

    Never fewer than the sign-flip test needs to reach `alpha` at all (6 for 0.05).
    """
    enough: Callable[[int], bool] = lambda n: detectable_difference(spread, n, alpha, power) <= abs(effect)  # noqa: E731
    least = next(n for n in range(2, 64) if smallest_p(n) <= alpha)
    if not enough(MOST_CHARACTERS):
        return None
    low, high = least - 1, MOST_CHARACTERS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def power_advice(differences: Sequence[float], line_variances: Sequence[float], alpha: float = 0.05) -> PowerAdvice:
    """Return what more lines or more characters would buy.

    differences: per character; line_variances: squared standard error of each difference, from its own lines.
    """
    count = len(differences)
    if count < 2:
        raise ValueError("power_advice needs at least two characters.")
    variance = float(np.var(differences, ddof=1))
    share = min(1.0, float(np.mean(line_variances)) / variance) if variance > 0 else 0.0
    spread = float(np.sqrt(variance))
    now = detectable_difference(spread, count, alpha)
    lines = detectable_difference(spread * float(np.sqrt(1 - share / 2)), count, alpha)
    characters = detectable_difference(spread, 2 * count, alpha)
    return PowerAdvice(
        characters=count,
        spread=spread,
        line_share=share,
        detectable=now,
        with_double_lines=lines,
        with_double_characters=characters,
        text=_advice(count, alpha, now, lines, characters),
    )


def _advice(count: int, alpha: float, now: float, lines: float, characters: float) -> str:
    better = "characters" if characters < lines else "lines per character"
    floor = "" if smallest_p(count) <= alpha else f" No outcome of {count} characters can reach p ≤ {alpha}."
    return (
        f"Detectable now: {now:.3f}. Twice the lines: {lines:.3f}; twice the characters: {characters:.3f}. "
        f"Add {better}.{floor}"
    )


@functools.cache
def _shift(count: int, alpha: float, power: float) -> float:
    """Return the noncentrality that gives `power`.

    The bracket stays tight: scipy's noncentral t is nan far out in its tail (count 6, shift 39).
    """
    high = 2.0
    while _power(high, count, alpha) < power:
        high *= 1.2
    return float(optimize.brentq(lambda shift: _power(shift, count, alpha) - power, 0.0, high))


def _power(shift: float, count: int, alpha: float) -> float:
    """Return the power of the two-sided t test, less its far tail (under 1e-9 for the shifts asked for)."""
    critical = stats.t.ppf(1 - alpha / 2, count - 1)
    return float(stats.nct.sf(critical, count - 1, shift))
