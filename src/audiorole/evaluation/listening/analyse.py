"""From session files to a ranking: strengths, ratings, agreement, and whether the metrics agree with the listeners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from audiorole.evaluation.listening.agreement import krippendorff_alpha
from audiorole.evaluation.listening.bradley_terry import Strength, fit_strengths, tie_rate
from audiorole.evaluation.listening.design import Key
from audiorole.evaluation.listening.power import crowd_notes
from audiorole.evaluation.listening.sessions import Answers, Rating, Vote, open_answers, read_key, read_sessions
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.records import Row
from audiorole.types import Record

DRAWS = 500


class RatingMean(Record, frozen=True):
    """A system's mean rating with its listener × item bootstrap interval."""

    system: str
    mean: float
    low: float
    high: float
    ratings: int


class Correlation(Record, frozen=True):
    """One metric against the listeners. by_system: Spearman over systems' strengths; by_vote: Kendall's tau-b
    between the metric's difference of the two replies and the vote. None where there is too little of either.
    """

    metric: str
    by_system: float | None
    by_vote: float | None
    votes: int


class ListeningResult(Record, frozen=True):
    """What the listeners say. alpha: Krippendorff's, by task; notes: what they are too few for, a sentence each."""

    listeners: int
    excluded: dict[str, str]
    votes: int
    ties: float
    strengths: tuple[Strength, ...]
    mos: tuple[RatingMean, ...]
    mushra: tuple[RatingMean, ...]
    alpha: dict[str, float | None]
    correlations: tuple[Correlation, ...] = ()
    notes: tuple[str, ...] = ()


def analyse(
    key_path: Path, session_paths: Sequence[Path], results: Results | None = None, out: Path | None = None
) -> ListeningResult:
    """Return the analysis of session files. results, out: an evaluation to hold against the listeners."""
    key = read_key(key_path)
    answers = open_answers(read_sessions(session_paths, key), key)
    return analyse_answers(answers, key, results, out)


def analyse_answers(
    answers: Answers, key: Key, results: Results | None = None, out: Path | None = None
) -> ListeningResult:
    """Return the analysis of screened answers."""
    strengths = fit_strengths(answers.votes, key.systems) if answers.votes else []
    return ListeningResult(
        listeners=len(answers.listeners),
        excluded=answers.excluded,
        votes=len(answers.votes),
        ties=round(tie_rate(answers.votes), 4),
        strengths=tuple(strengths),
        mos=tuple(rating_means(answers.mos)),
        mushra=tuple(rating_means(answers.mushra)),
        alpha={
            "ab": krippendorff_alpha(_by_pair(answers.votes), "nominal"),
            "mos": krippendorff_alpha(_by(answers.mos, lambda one: f"{one.system} {one.item}")),
            "mushra": krippendorff_alpha(_by(answers.mushra, lambda one: f"{one.system} {one.item}")),
        },
        correlations=tuple(correlations(answers.votes, strengths, results, out)) if results and out else (),
        notes=(*crowd_notes(key, len(answers.listeners)), *_unheard(answers.votes, key)),
    )


def _unheard(votes: Sequence[Vote], key: Key) -> list[str]:
    """Return a sentence for each system that no vote is about: its strength says nothing."""
    heard = {name for vote in votes for name in (vote.first, vote.second)}
    return [
        f"NOT HEARD: no vote is about {name}; its strength says nothing." for name in key.systems if name not in heard
    ]


def rating_means(ratings: Sequence[Rating], seed: int = 0) -> list[RatingMean]:
    """Return mean and interval per system, best first; listeners and items are resampled together."""
    groups: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        groups[rating.system].append(rating)
    rng = np.random.default_rng(seed)
    means = [_rating_mean(system, found, rng) for system, found in groups.items()]
    return sorted(means, key=lambda one: -one.mean)


def _rating_mean(system: str, ratings: Sequence[Rating], rng: np.random.Generator) -> RatingMean:
    values = np.array([rating.value for rating in ratings])
    numbers = [
        np.unique([getattr(one, name) for one in ratings], return_inverse=True)[1] for name in ("listener", "item")
    ]
    draws = []
    for _ in range(DRAWS):
        weights = np.ones(len(values))
        for codes in numbers:
            count = int(codes.max()) + 1
            weights = weights * np.bincount(rng.integers(0, count, count), minlength=count)[codes]
        if weights.sum():
            draws.append(float(weights @ values / weights.sum()))
    low, high = np.quantile(draws, [0.025, 0.975])
    return RatingMean(system, float(values.mean()), float(low), float(high), len(values))


def correlations(
    votes: Sequence[Vote], strengths: Sequence[Strength], results: Results, out: Path
) -> list[Correlation]:
    """Return how well each metric of an evaluation agrees with the listeners."""
    values = {one.name: one.metrics for one in results.systems}
    shared = [one for one in strengths if one.system in values]
    rows = {one.system: {row.item: row for row in read_rows(out, one.system) if row.seed == 0} for one in shared}
    found = []
    for metric in results.systems[0].metrics:
        pairs = [(one.value, level) for one in shared if (level := values[one.system][metric].value) is not None]
        moved = [(gap, vote.outcome) for vote in votes if (gap := _gap(rows, vote, metric)) is not None]
        found.append(Correlation(metric, _spearman(pairs), _kendall(moved), len(moved)))
    return found


def _gap(rows: dict[str, dict[str, Row]], vote: Vote, metric: str) -> float | None:
    """Return the metric of the first reply less that of the second; None where one has no score."""
    found = [rows.get(name, {}).get(vote.item) for name in (vote.first, vote.second)]
    scores = [row.scores.get(metric) for row in found if row is not None]
    values = [score.value for score in scores if score is not None and score.value is not None]
    return values[0] - values[1] if len(values) == 2 else None


def _spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    if len(pairs) < 3 or any(len({pair[at] for pair in pairs}) < 2 for at in (0, 1)):
        return None
    return float(stats.spearmanr([pair[0] for pair in pairs], [pair[1] for pair in pairs]).statistic)


def _kendall(pairs: Sequence[tuple[float, int]]) -> float | None:
    if len(pairs) < 3 or any(len({pair[at] for pair in pairs}) < 2 for at in (0, 1)):
        return None
    return float(stats.kendalltau([pair[0] for pair in pairs], [pair[1] for pair in pairs]).statistic)


def _by(ratings: Sequence[Rating], name: Callable[[Rating], str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for rating in ratings:
        found[name(rating)].append(rating.value)
    return found


def _by_pair(votes: Sequence[Vote]) -> dict[str, list[float]]:
    """Return the outcomes per item and pair, as seen from the name that sorts first."""
    found: dict[str, list[float]] = defaultdict(list)
    for vote in votes:
        swapped = vote.first > vote.second
        pair = f"{vote.item} {min(vote.first, vote.second)} {max(vote.first, vote.second)}"
        found[pair].append(float(-vote.outcome if swapped else vote.outcome))
    return found
