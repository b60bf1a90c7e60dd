"""A disk that fails, fills up or is cut off at any call; `benchmarks/robustness/faults.py` tries every one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.acts import ACTS, remembering
from tests.robustness.walk import walk

BREAKS = 3
"""Calls that are broken here, each in every way, spread over the whole of an act; training's own tests kill it."""


@pytest.mark.parametrize("name", sorted(ACTS.keys() - {"train"}))
def test_whatever_breaks_the_work_is_resumed_to_the_same_bytes(tmp_path: Path, name: str):
    with remembering():
        act = ACTS[name](tmp_path)
        points = walk(act, 1, first=-1).points
        found = walk(act, every=max(1, len(points) // BREAKS))
    assert {"write", "fsync"} <= set(points)
    assert found.wrong == []
    assert found.tried["fail"] == found.tried["cut"] + found.known >= BREAKS


def test_a_result_is_on_the_disk_before_the_marker_that_vouches_for_it(tmp_path: Path):
    with remembering():
        points = walk(ACTS["build"](tmp_path), 1, first=-1).points
    assert points.count("fsync") > points.count("replace") / 2
