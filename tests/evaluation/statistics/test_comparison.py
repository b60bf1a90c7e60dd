import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.evaluation.statistics import (
    characters_needed,
    compare_paired,
    holm,
    minimum_detectable_difference,
    power_advice,
    rank_flips,
    sign_flip,
    smallest_p,
)


def enumerated(differences: list[float]) -> float:
    """The definition, spelled out."""
    observed = abs(np.mean(differences))
    patterns = list(itertools.product((-1, 1), repeat=len(differences)))
    return sum(abs(np.mean(np.multiply(p, differences))) >= observed - 1e-12 for p in patterns) / len(patterns)


@given(st.lists(st.integers(-8, 8).filter(bool), min_size=2, max_size=7))
def test_sign_flip_is_the_enumeration_of_all_patterns(values: list[int]) -> None:
    assert sign_flip([float(v) for v in values]) == pytest.approx(enumerated([float(v) for v in values]))


def test_six_characters_cannot_go_below_0_031() -> None:
    assert sign_flip([1.0, 1.1, 0.9, 1.2, 0.8, 1.3]) == pytest.approx(smallest_p(6)) == pytest.approx(0.03125)


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip([0.0] * 6) == 1.0


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    assert [adjusted[i] for i in np.argsort(p_values, kind="stable")] == sorted(adjusted)
    assert all(a <= 1.0 for a in adjusted)


def test_effect_is_positive_where_the_first_is_better_whatever_the_direction() -> None:
    values = {"a": {"x": 0.1, "y": 0.2, "z": 0.15}, "b": {"x": 0.5, "y": 0.6, "z": 0.7}}
    assert compare_paired("wer", values, higher_is_better=False)[0].effect > 0
    assert compare_paired("ap_norm", values)[0].effect < 0


def test_detectable_difference_shrinks_with_characters_and_spread() -> None:
    wide = minimum_detectable_difference([0.3, -0.3, 0.3, -0.3, 0.3, -0.3])
    narrow = minimum_detectable_difference([0.1, -0.1, 0.1, -0.1, 0.1, -0.1])
    many = minimum_detectable_difference([0.3, -0.3] * 12)
    assert wide is not None
    assert narrow is not None
    assert many is not None
    assert wide == pytest.approx(3 * narrow)
    assert many < wide / 1.8


def test_planned_sample_size_reaches_its_power_in_simulation() -> None:
    needed = characters_needed(effect=0.15, spread=0.12)
    assert needed is not None
    rng = np.random.default_rng(0)
    found = [sign_flip(rng.normal(0.15, 0.12, needed).tolist()) <= 0.05 for _ in range(150)]
    assert 0.68 <= np.mean(found) <= 0.92


def test_advice_prefers_characters_where_they_differ_and_lines_where_lines_are_few() -> None:
    differences = [0.3, 0.1, -0.1, 0.4, 0.0, 0.2]
    assert power_advice(differences, [1e-6] * 6).text.endswith("Add characters.")
    assert power_advice([0.1, 0.2, 0.3], [0.0] * 3).text.endswith("can reach p ≤ 0.05.")


def test_two_encoders_that_disagree_on_a_pair_are_named() -> None:
    first = {"x": {"a": 0.9, "b": 0.8}, "y": {"a": 0.5, "b": 0.4}, "z": {"a": 0.1, "b": 0.1}}
    second = {"x": {"a": 0.4, "b": 0.3}, "y": {"a": 0.6, "b": 0.5}, "z": {"a": 0.1, "b": 0.0}}
    flips = rank_flips(first, second)
    assert [(flip.first, flip.second, flip.clear) for flip in flips] == [("x", "y", False)]
    assert rank_flips(first, first) == []
