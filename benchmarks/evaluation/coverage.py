"""Coverage of the intervals where the truth is known: `python -m benchmarks.evaluation.coverage [--runs 1000]`.

Rows are drawn as value = character + episode + character-episode + line effect, unbalanced lines per episode.
Nominal 95 %; the aim is 93–97 %. The naive rows show what the named intervals replace.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from scipy import stats

from audiorole.evaluation.statistics import CharacterSample, Interval, new_characters, these_characters


@dataclass(frozen=True)
class Design:
    """How a simulated test set looks. Effects are standard deviations of normal draws."""

    name: str
    characters: int
    episodes: int
    episodes_per_character: int
    lines: int
    character_sd: float = 0.10
    episode_sd: float = 0.05
    cell_sd: float = 0.08
    line_sd: float = 0.25


DESIGNS = (
    Design("paper-like: 6 characters, 10 episodes", 6, 10, 8, 10),
    Design("small: 6 characters, 5 episodes", 6, 5, 4, 6),
    Design("sparse: 12 characters, 3 of 9 episodes each", 12, 9, 3, 5),
    Design("wide: 40 characters, 20 episodes", 40, 20, 6, 6),
    Design("no episode effect: 8 characters, 6 episodes", 8, 6, 5, 8, episode_sd=0.0, cell_sd=0.0),
)


@dataclass(frozen=True)
class Sums:
    """One character's lines, summed per episode."""

    character: str
    episodes: tuple[str, ...]
    numerators: np.ndarray
    denominators: np.ndarray

    @property
    def sample(self) -> CharacterSample:
        """What the intervals take."""
        return CharacterSample.of_sums(self.character, self.episodes, self.numerators, self.denominators)


def draw(design: Design, truths: np.ndarray, rng: np.random.Generator) -> list[Sums]:
    """Draw one test set of `design` around the characters' true means."""
    common = rng.normal(0, design.episode_sd, design.episodes)
    samples = []
    for index, truth in enumerate(truths):
        chosen = np.sort(rng.choice(design.episodes, design.episodes_per_character, replace=False))
        counts = np.maximum(1, rng.poisson(design.lines, len(chosen)))
        cell = common[chosen] + rng.normal(0, design.cell_sd, len(chosen))
        sums = counts * (truth + cell) + rng.normal(0, design.line_sd, len(chosen)) * np.sqrt(counts)
        names = tuple(f"e{episode:02d}" for episode in chosen)
        samples.append(Sums(f"c{index}", names, sums, counts.astype(np.float64)))
    return samples


def line_normal(samples: list[Sums], line_sd: float) -> tuple[float, float]:
    """The naive interval: all lines independent, normal quantile."""
    total = sum(sample.denominators.sum() for sample in samples)
    mean = sum(sample.numerators.sum() for sample in samples) / total
    half = 1.96 * line_sd / np.sqrt(total)
    return mean - half, mean + half


def percentile(samples: list[Sums], rng: np.random.Generator, draws: int = 400) -> tuple[float, float]:
    """The common interval: episodes resampled within each character, percentiles."""
    values = np.zeros(draws)
    for sample in samples:
        picks = rng.integers(0, len(sample.episodes), (draws, len(sample.episodes)))
        values += sample.numerators[picks].sum(1) / sample.denominators[picks].sum(1) / len(samples)
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def covers(interval: Interval, truth: float) -> bool:
    """Whether `interval` holds `truth`."""
    return interval.low is not None and interval.high is not None and interval.low <= truth <= interval.high


def coverage(design: Design, runs: int, seed: int = 1) -> dict[str, float]:
    """Return the share of runs in which each interval holds its truth."""
    rng = np.random.default_rng(seed)
    hits = dict.fromkeys(("these characters", "new characters", "line normal → new", "percentile → these"), 0)
    for _ in range(runs):
        truths = rng.normal(0.5, design.character_sd, design.characters)
        sums = draw(design, truths, rng)
        samples = [one.sample for one in sums]
        hits["these characters"] += covers(these_characters(samples), float(truths.mean()))
        hits["new characters"] += covers(new_characters(samples), 0.5)
        low, high = line_normal(sums, design.line_sd)
        hits["line normal → new"] += low <= 0.5 <= high
        low, high = percentile(sums, rng)
        hits["percentile → these"] += low <= truths.mean() <= high
    return {name: count / runs for name, count in hits.items()}


def main() -> None:
    """Print one line per design and interval, with the Monte Carlo error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    error = float(stats.norm.ppf(0.975)) * (0.95 * 0.05 / runs) ** 0.5
    print(f"coverage of nominal 95 % intervals, {runs} runs, Monte Carlo error ± {error:.3f}")
    for design in DESIGNS:
        found = coverage(design, runs)
        print(f"{design.name:46s} " + "  ".join(f"{name} {share:.3f}" for name, share in found.items()))


if __name__ == "__main__":
    main()
