"""A disk that fails, fills up or is cut off at any call; `benchmarks/robustness/faults.py` tries every one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.campaign import Campaign, broken_at, count_points, prepare

SAMPLE = 3
"""Points per way to break, spread over the whole work."""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return prepare(tmp_path_factory.mktemp("campaign"))


@pytest.mark.parametrize("mode", ["fail", "full", "cut"])
def test_whatever_breaks_the_work_is_resumed_to_the_same_bytes(campaign, mode):
    points = count_points(campaign)
    assert len(points) > 150
    assert {"write", "fsync", "replace", "link"} <= set(points)
    for at in range(0, len(points), max(1, len(points) // SAMPLE)):
        assert broken_at(campaign, at, mode) == [], f"{mode} at {at}: {points[at]}"


def test_a_result_is_on_the_disk_before_the_marker_that_vouches_for_it(tmp_path: Path):
    campaign = prepare(tmp_path)
    points = count_points(campaign)
    assert points.count("fsync") > points.count("replace") / 2
