import numpy as np
import pytest

from audiorole.evaluation.statistics import CharacterSample, Interval, macro_mean, new_characters, these_characters


def sample(character: str, *values: float, lines: int = 4) -> CharacterSample:
    episodes = tuple(f"e{index}" for index in range(len(values)))
    return CharacterSample.of_sums(character, episodes, np.asarray(values) * lines, np.full(len(values), float(lines)))


def covers(interval: Interval, truth: float) -> bool:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low <= truth <= interval.high


def test_a_character_with_many_lines_counts_as_much_as_one_with_few() -> None:
    many, few = sample("a", 1.0, 1.0, lines=500), sample("b", 0.0, 0.0, lines=2)
    assert macro_mean([many, few]) == pytest.approx(0.5)


def test_a_rate_is_the_ratio_of_sums_not_the_mean_of_ratios() -> None:
    wer = CharacterSample.of_sums("a", ("e0", "e1"), np.array([1.0, 9.0]), np.array([1.0, 99.0]))
    assert wer.mean == pytest.approx(0.1)


def test_common_episode_effects_widen_the_interval_and_independent_ones_do_not() -> None:
    together = these_characters([sample("a", 0.2, 0.8), sample("b", 0.2, 0.8), sample("c", 0.2, 0.8)])
    apart = these_characters([sample("a", 0.2, 0.8), sample("b", 0.8, 0.2), sample("c", 0.2, 0.8)])
    assert together.high is not None
    assert apart.high is not None
    assert together.high > apart.high


def test_one_episode_each_has_no_interval_and_says_why() -> None:
    found = these_characters([sample("a", 0.4), sample("b", 0.6)])
    assert (found.low, found.reason) == (None, "no character has two episodes")


def test_new_characters_equals_students_t_where_episodes_agree() -> None:
    found = new_characters([sample("a", 0.1, 0.1), sample("b", 0.5, 0.5), sample("c", 0.9, 0.9)])
    assert found.low == pytest.approx(0.5 - 4.302653 * 0.4 / np.sqrt(3), abs=1e-6)


@pytest.mark.parametrize("episodes", [4, 9])
def test_coverage_is_near_nominal_in_a_simulation_with_known_truth(episodes: int) -> None:
    rng = np.random.default_rng(episodes)
    hits = {"these": 0, "new": 0}
    for _ in range(400):
        truths = rng.normal(0.5, 0.1, 6)
        shared = rng.normal(0, 0.05, episodes)
        drawn = [sample(f"c{i}", *(t + shared + rng.normal(0, 0.1, episodes))) for i, t in enumerate(truths)]
        hits["these"] += covers(these_characters(drawn), float(truths.mean()))
        hits["new"] += covers(new_characters(drawn), 0.5)
    # 400 runs: a true coverage of 0.93–0.97 stays within these bounds with 99 % (binomial).
    assert all(0.90 <= count / 400 <= 0.99 for count in hits.values()), hits


def test_the_jackknife_of_a_mean_is_the_mean_of_sums() -> None:
    values = np.array([0.1, 0.5, 0.9, 0.3])
    without = [float(np.delete(values, at).mean()) for at in range(4)]
    names = [f"e{at}" for at in range(4)]
    jackknife = CharacterSample.of_jackknife("a", names, float(values.mean()), without)
    sums = CharacterSample.of_sums("a", names, values, np.ones(4))
    assert np.sum(jackknife.influence**2) == pytest.approx(np.sum(sums.influence**2))
