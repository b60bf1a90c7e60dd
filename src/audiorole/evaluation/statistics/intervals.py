"""Two intervals with two names, because they answer two questions.

*these characters*: would new episodes of the same characters give the same macro mean? The clusters are
episodes, shared by all characters that appear in them. *new characters*: would other characters give it?

A line-level normal interval answers neither, and the percentile bootstrap over episodes covers 75–90 % with the
handful of episodes that a test set has; `benchmarks/evaluation/coverage.py` prints the coverage of all of them.
Both intervals here are closed forms of a cluster bootstrap's variance with Student's quantile: no draws, no seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from audiorole.types import Record

Floats = NDArray[np.float64]


class Interval(Record, frozen=True):
    """A confidence interval. question: `these characters` or `new characters`; reason: why low and high are None."""

    question: str
    method: str
    level: float
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class CharacterSample:
    """One character's value, and each episode's pull on it.

    influence: float64 `(num_episodes,)`; its sum of squares is an unbiased variance of `mean` for m equal episodes.
    Zeros for a single episode, whose variance nothing in the sample tells.
    """

    character: str
    episodes: tuple[str, ...]
    mean: float
    influence: Floats

    @classmethod
    def of_sums(
        cls, character: str, episodes: Sequence[str], numerators: Floats, denominators: Floats
    ) -> CharacterSample:
        """Return the ratio of sums over episodes: a mean (denominators: items) or a corpus rate (words).

        The pull is the linearised one, scaled by sqrt(m / (m - 1)): the variance of a Rao–Wu bootstrap, which draws
        m - 1 out of m episodes. numerators, denominators: float64 `(num_episodes,)`, denominators > 0.
        """
        mean = float(numerators.sum() / denominators.sum())
        count = len(episodes)
        scale = np.sqrt(count / (count - 1)) if count > 1 else 0.0
        pull = scale * (numerators - mean * denominators) / denominators.sum()
        return cls(character, tuple(episodes), mean, np.asarray(pull, dtype=np.float64))

    @classmethod
    def of_jackknife(
        cls, character: str, episodes: Sequence[str], mean: float, without: Sequence[float]
    ) -> CharacterSample:
        """Return any statistic, from its value `without` each episode in turn (delete-one jackknife, Efron 1982)."""
        count = len(episodes)
        if count < 2:
            return cls(character, tuple(episodes), mean, np.zeros(count))
        left = np.asarray(without, dtype=np.float64)
        pull = np.sqrt((count - 1) / count) * (left.mean() - left)
        return cls(character, tuple(episodes), mean, pull)

    def clipped(self, low: float, high: float) -> CharacterSample:
        """Return the same sample with its mean held within `[low, high]`; its variance stays."""
        return CharacterSample(self.character, self.episodes, min(high, max(low, self.mean)), self.influence)


@dataclass(frozen=True)
class Variance:
    """Variance of the macro mean, in two parts.

    separate: an episode moves each of its characters on its own; common: it moves them together, which adds the
    covariance between them. freedom: degrees of freedom for Student's quantile of the sum.
    """

    separate: float
    common: float
    freedom: int

    @property
    def total(self) -> float:
        """The squared standard error."""
        return self.separate + self.common


def macro_mean(samples: Sequence[CharacterSample]) -> float:
    """Return the mean over characters of their means. Raises ValueError for no character."""
    if not samples:
        raise ValueError("macro_mean needs at least one character.")
    return float(np.mean([sample.mean for sample in samples]))


def episode_variance(samples: Sequence[CharacterSample]) -> Variance | None:
    """Return the episode-clustered variance of the macro mean; None when no character has two episodes.

    A character seen in one episode only gets the mean variance of the others.
    """
    lengths = [len(sample.episodes) for sample in samples if len(sample.episodes) > 1]
    if not lengths:
        return None
    inflate = len(samples) / len(lengths)
    pulls = _pulls_by_episode(samples)
    separate = sum(float(np.sum(sample.influence**2)) for sample in samples) / len(samples) ** 2
    excess = float(sum(pull**2 for pull in pulls.values())) - separate
    if excess <= 0:
        return Variance(inflate * separate, 0.0, sum(length - 1 for length in lengths))
    # Each character's own mean swallows 1/m of an effect it shares with others; give that back.
    length = float(np.mean(lengths))
    return Variance(inflate * separate, inflate * excess * length / (length - 1), len(pulls) - 1)


def these_characters(samples: Sequence[CharacterSample], level: float = 0.95) -> Interval:
    """Return the interval for *these characters*: what other episodes of theirs would have given."""
    question, method = "these characters", "episode-clustered, t"
    variance = episode_variance(samples) if samples else None
    if variance is None:
        return Interval(question=question, method=method, level=level, reason="no character has two episodes")
    half = _student(level, variance.freedom) * float(np.sqrt(variance.total))
    centre = macro_mean(samples)
    return Interval(question=question, method=method, level=level, low=centre - half, high=centre + half)


def new_characters(samples: Sequence[CharacterSample], level: float = 0.95) -> Interval:
    """Return the interval for *new characters*: t on the character means, clustered by episode too.

    Where an episode moves all its characters together, the spread between characters does not show it; the two-way
    form (Cameron, Gelbach & Miller 2011) adds that part. Without it 40 characters in 20 episodes cover 90 %.
    """
    means = [sample.mean for sample in samples]
    variance = episode_variance(samples)
    return mean_interval(means, "new characters", level, variance.common if variance else 0.0)


def mean_interval(means: Sequence[float], question: str, level: float = 0.95, extra_variance: float = 0.0) -> Interval:
    """Return Student's interval of the mean of `means`, its squared standard error raised by `extra_variance`."""
    method = "t on character means"
    if len(means) < 2:
        return Interval(question=question, method=method, level=level, reason="fewer than two characters")
    error = float(np.sqrt(np.var(means, ddof=1) / len(means) + extra_variance))
    half = _student(level, len(means) - 1) * error
    centre = float(np.mean(means))
    return Interval(question=question, method=method, level=level, low=centre - half, high=centre + half)


def _student(level: float, freedom: int) -> float:
    return float(stats.t.ppf(0.5 + level / 2, freedom))


def _pulls_by_episode(samples: Sequence[CharacterSample]) -> dict[str, float]:
    """Return each episode's pull on the macro mean, summed over the characters in it."""
    pulls: dict[str, float] = {}
    for sample in samples:
        for episode, pull in zip(sample.episodes, sample.influence, strict=True):
            pulls[episode] = pulls.get(episode, 0.0) + float(pull) / len(samples)
    return pulls
