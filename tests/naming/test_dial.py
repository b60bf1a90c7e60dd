"""The dial reaches its target on lines it has not seen, and says what it costs; calibration figures are right."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.errors import ConfigError
from audiorole.naming import NO_SEED, SeriesLines
from audiorole.naming.calibration import calibration_error, operating_points, reliability, wilson
from audiorole.naming.dial import Recalibration, fit_dial, hold_back, keep


def world(n: int = 40000, sharp: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probability, rightness and duration; `sharp` > 1 makes the engine overconfident."""
    rng = np.random.default_rng(1)
    odds = rng.normal(2.0, 2.0, n)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return (1 / (1 + np.exp(-sharp * odds))).astype(np.float32), right, rng.uniform(0.3, 4.0, n).astype(np.float32)


@pytest.mark.parametrize("target", [0.9, 0.95, 0.98])
@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_the_target_is_reached_on_unseen_lines(target: float, sharp: float) -> None:
    probability, right, duration = world(sharp=sharp)
    known = np.arange(0, 40000, 40)
    report = fit_dial(probability, duration, target, known, right[known])
    kept = keep(probability, duration, report.thresholds)
    assert abs(right[kept].mean() - target) < 0.012
    assert report.lines == kept.sum()
    assert report.interval is not None
    assert report.interval[0] <= right[kept].mean() <= report.interval[1]


def test_a_higher_target_keeps_less() -> None:
    probability, _, duration = world()
    kept = [fit_dial(probability, duration, t).lines for t in (0.9, 0.95, 0.99)]
    assert kept[0] > kept[1] > kept[2] > 0


def test_without_known_lines_there_is_no_interval() -> None:
    probability, _, duration = world(100)
    report = fit_dial(probability, duration, 0.95)
    assert report.interval is None
    assert report.known == 0


def test_recalibration_leaves_calibrated_probabilities_alone() -> None:
    probability, right, _ = world()
    fitted = Recalibration.fit(probability[:2000], right[:2000])
    assert abs(fitted.slope - 1) < 0.1
    assert abs(fitted.offset) < 0.2


def test_an_impossible_target_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1\.2"):
        fit_dial(np.ones(2), np.ones(2, np.float32), 1.2)
    with pytest.raises(ConfigError, match="answers"):
        fit_dial(np.ones(2), np.ones(2, np.float32), 0.9, np.array([1]), np.zeros(0, bool))


def test_calibration_error_by_hand() -> None:
    probability, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert calibration_error(probability, right, bins=10) == pytest.approx(0.05)
    assert [b.count for b in reliability(probability, right, bins=10)] == [2, 2]
    assert operating_points(probability, right, [0.9])[0].precision == 1.0
    assert operating_points(probability, right, [0.99])[0].precision is None


def test_wilson_without_trials_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_holding_back_never_takes_a_candidates_only_seed() -> None:
    seed = np.array([0, 0, 0, 1, NO_SEED, 2, 2], np.int32)
    start = np.arange(7.0)
    lines = SeriesLines(np.ones((7, 2), np.float32), start, start + 1, np.zeros(7, np.int32), seed=seed)
    less, taken = hold_back(lines, 1.0)
    assert len(taken) == 3
    assert {0, 1, 2} <= set(less.seeds.tolist())
    assert np.all(less.seeds[taken] == NO_SEED)
    assert np.array_equal(np.delete(less.seeds, taken), np.delete(seed, taken))


def test_only_seeds_of_the_wanted_kind_are_held_back() -> None:
    start, seed = np.arange(4.0), np.array([0, 0, 0, 0], np.int32)
    kind = np.array([1, 4, 1, 4], np.int32)
    lines = SeriesLines(np.ones((4, 2), np.float32), start, start + 1, np.zeros(4, np.int32), seed=seed, seed_kind=kind)
    _, taken = hold_back(lines, 1.0, kinds=["review"])
    assert taken.tolist() == [0, 2]
