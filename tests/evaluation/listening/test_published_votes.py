"""The statistics of listening tests on votes and ratings that others published, with the results they found."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.evaluation.listening import bradley_terry
from audiorole.evaluation.listening.agreement import krippendorff_alpha
from audiorole.evaluation.listening.analyse import rating_means
from audiorole.evaluation.listening.bradley_terry import fit_strengths, tie_rate
from audiorole.evaluation.listening.sessions import Rating, Vote

PUDDING = """
1 2 19 22 16 | 1 3 16 19 12 | 2 3 19 19 10 | 1 4 18 23 13 | 2 4 23 19 9 | 3 4 19 20 15 | 1 5 13 19 18 | 2 5 16 20 12
3 5 16 15 17 | 4 5 17 14 16 | 1 6 18 21 12 | 2 6 22 20 12 | 3 6 13 18 10 | 4 6 14 19 18 | 5 6 11 21 12
"""
"""Davidson 1970, On extending the Bradley-Terry model to accommodate ties, JASA 65, example 2: brands i and j of
chocolate pudding, how often i was preferred, j was, and neither."""

WORTH = {"1": 0.1388005, "2": 0.1729985, "3": 0.1617420, "4": 0.1653930, "5": 0.1586805, "6": 0.2023855}
ERROR = {"1": 0.121949, "2": 0.121818, "3": 0.126823, "4": 0.122003, "5": 0.127054, "6": 0.126594}
"""What Davidson 1970 found, and the standard errors of log worths around their mean: R package PlackettLuce (Turner et
al. 2020), vignette, `summary(mod, ref = NULL)`."""

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
BASEBALL = "0 7 9 7 7 9 11|6 0 7 5 11 9 9|4 6 0 7 7 8 12|6 8 6 0 6 7 10|6 2 6 7 0 7 12|4 4 5 6 6 0 6|2 4 1 3 1 7 0"
"""Agresti 2002, Categorical Data Analysis, table 10.10: games of the American League's East in 1987, winner by row."""

ABILITY = {"Boston": 1.1077, "Cleveland": 0.6839, "Detroit": 1.4364, "Milwaukee": 1.5814, "New York": 1.2476,
           "Toronto": 1.2945, "Baltimore": 0.0}  # fmt: skip
"""Turner and Firth 2012, Bradley-Terry Models in R, J. Stat. Softw. 48(9): `baseballModel1`."""

JUDGES = "9 2 5 8|6 1 3 2|8 4 6 8|7 1 2 6|10 5 6 9|6 2 4 7"
"""Shrout and Fleiss 1979, Intraclass correlations, Psychol. Bull. 86, table 2: six targets rated by four judges."""

MEAN_SQUARES = {"targets": 11.24, "judges": 32.49, "residual": 1.02}
"""Table 3 there."""


def pudding_votes() -> list[Vote]:
    rows = [row.split() for row in PUDDING.replace("|", "\n").split("\n") if row.strip()]
    outcomes = [
        (first, second, outcome)
        for first, second, *counts in rows
        for outcome, count in zip((1, -1, 0), counts, strict=True)
        for _ in range(int(count))
    ]
    return [Vote(f"p{at}", "pudding", first, second, outcome) for at, (first, second, outcome) in enumerate(outcomes)]


def baseball_votes() -> list[Vote]:
    table = [[int(count) for count in row.split()] for row in BASEBALL.split("|")]
    games = [(a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)]
    return [Vote(f"g{at}", "game", TEAMS[a], TEAMS[b], 1) for at, (a, b) in enumerate(games)]


def judges() -> list[Rating]:
    table = [[float(value) for value in row.split()] for row in JUDGES.split("|")]
    return [
        Rating(f"judge{judge}", f"target{target}", "one", f"{judge}{target}", value)
        for target, row in enumerate(table)
        for judge, value in enumerate(row)
    ]


def test_davidsons_puddings_have_the_worth_that_he_found(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = pudding_votes()
    assert (len(votes), tie_rate(votes)) == (745, pytest.approx(202 / 745))
    monkeypatch.setattr(bradley_terry, "RIDGE", 0.0)
    found = {one.system: one.value for one in fit_strengths(votes, list(WORTH), draws=2)}
    worth = {name: np.exp(value) / sum(np.exp(list(found.values()))) for name, value in found.items()}
    assert worth == pytest.approx(WORTH, abs=2e-4)


def test_the_prior_moves_davidsons_puddings_by_less_than_a_tenth_of_their_error() -> None:
    logs = np.log(list(WORTH.values()))
    published = dict(zip(WORTH, logs - logs.mean(), strict=True))
    for one in fit_strengths(pudding_votes(), list(WORTH), draws=2):
        assert abs(one.value - published[one.system]) < 0.1 * ERROR[one.system]


def test_intervals_of_independent_votes_are_as_wide_as_the_published_errors() -> None:
    """Every vote is a person's only one, all on one item: the bootstrap is then the plain one over votes."""
    for one in fit_strengths(pudding_votes(), list(WORTH), draws=400):
        assert (one.high - one.low) / 2 == pytest.approx(1.96 * ERROR[one.system], rel=0.15)


def test_votes_that_go_together_give_wider_intervals() -> None:
    """The same votes, each three times by one person: as many persons as before, and no more knowledge."""
    votes = pudding_votes()
    once = fit_strengths(votes, list(WORTH), draws=200)
    thrice = fit_strengths(votes * 3, list(WORTH), draws=200)
    for one, same in zip(once, thrice, strict=True):
        assert same.system == one.system
        assert same.high - same.low == pytest.approx(one.high - one.low, rel=0.05)


def test_the_league_of_1987_has_the_abilities_that_others_found(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = baseball_votes()
    assert len(votes) == 21 * 13
    monkeypatch.setattr(bradley_terry, "RIDGE", 0.0)
    found = {one.system: one.value for one in fit_strengths(votes, TEAMS, draws=2)}
    assert {name: value - found["Baltimore"] for name, value in found.items()} == pytest.approx(ABILITY, abs=5e-3)


def test_the_interval_of_a_mean_rating_is_that_of_crossed_judges_and_targets() -> None:
    """Judges and targets are drawn at once, so the variance of the mean is known from the published mean squares."""
    squares, judged, targeted = MEAN_SQUARES, 4, 6
    parts = (
        squares["judges"] * (judged - 1) / (targeted * judged**2),
        squares["targets"] * (targeted - 1) / (judged * targeted**2),
        squares["residual"] * (judged - 1) * (targeted - 1) / (judged * targeted) ** 2,
    )
    means = [rating_means(judges(), seed)[0] for seed in range(4)]
    assert [one.mean for one in means] == pytest.approx([127 / 24] * 4)
    half = np.mean([(one.high - one.low) / 2 for one in means])
    assert half == pytest.approx(1.96 * sum(parts) ** 0.5, rel=0.1)
    alone = 1.96 * np.std([rating.value for rating in judges()], ddof=1) / 24**0.5
    assert half > 2 * alone, "ratings of one judge were taken for independent"


def test_judges_who_differ_in_level_agree_as_little_as_was_published() -> None:
    """Shrout and Fleiss give .17 for ratings by judges drawn at random, ICC(1, 1), which is what alpha measures too."""
    by_target: dict[str, list[float]] = {}
    for rating in judges():
        by_target.setdefault(rating.item, []).append(rating.value)
    assert krippendorff_alpha(by_target) == pytest.approx(0.17, abs=0.03)
