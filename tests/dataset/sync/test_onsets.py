"""Heard words are drawn to where speech sets in near them, and stay where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.sync.onsets import drawn_to_onsets

RATE = 31.25
LATE = 0.087
STARTS = np.array([1.0, 3.2, 4.5, 7.75, 9.0])


def speech(dip: float = 0.2, low: float = 0.05, seed: int = 0) -> np.ndarray:
    """Twelve seconds of speech, as a detector sees it, with a dip of `dip` seconds before each of `STARTS`."""
    times = np.arange(int(12 * RATE)) / RATE
    curve = np.full(len(times), 0.95)
    curve[times < STARTS[0] + LATE] = low
    for start in STARTS:
        curve[(times >= start + LATE - dip) & (times < start + LATE)] = low
    noise = np.random.default_rng(seed).normal(0.0, 0.03, len(times))
    return np.clip(curve + noise, 0.0, 1.0)


@pytest.mark.parametrize("off", [-0.3, -0.12, 0.0, 0.15, 0.28])
@pytest.mark.parametrize("dip", [0.13, 0.2, 0.6])
def test_a_word_heard_beside_its_place_is_drawn_there(off: float, dip: float) -> None:
    found = drawn_to_onsets(STARTS + off, speech(dip), RATE)
    assert np.abs(found - STARTS).max() < 0.06


def test_single_errors_either_way_are_each_made_good() -> None:
    off = np.array([0.3, -0.25, 0.1, -0.05, 0.2])
    found = drawn_to_onsets(STARTS + off, speech(low=0.3), RATE)
    assert np.median(np.abs(found - STARTS)) < 0.04


@pytest.mark.parametrize(
    "curve", [np.ones(400), np.zeros(400), np.linspace(0.0, 1.0, 400), np.zeros(0)], ids=["on", "off", "slow", "empty"]
)
def test_without_a_rise_a_word_stays(curve: np.ndarray) -> None:
    times = np.array([2.0, np.nan, 5.0])
    assert np.array_equal(drawn_to_onsets(times, curve, RATE), times, equal_nan=True)


def test_the_nearer_of_two_rises_is_taken_and_none_too_far() -> None:
    found = drawn_to_onsets(np.array([3.3, 6.0, np.nan]), speech(), RATE)
    assert abs(found[0] - 3.2) < 0.06
    assert found[1] == 6.0
    assert np.isnan(found[2])
