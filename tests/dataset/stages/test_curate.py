"""What the dataset leaves out, and the split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.dataset.stages.series.curate import Curate, split_episodes
from audiorole.naming.answers.dial import DialReport
from audiorole.testing.desk import SeriesDesk, line, parted
from audiorole.types import Dropped, Quality, Speech

GOOD = {"who": "Ann", "probability": 0.99, "agreement": 0.9, "quality": Quality("A"), "speech": Speech(1.0)}


def curated(lines, **settings):
    ((_, outcomes),) = Curate(**settings).run(SeriesDesk({"show/s01e01": lines}))
    return [outcome.reason if isinstance(outcome, Dropped) else "kept" for outcome in outcomes]


@pytest.mark.parametrize(
    ("span", "fields", "settings", "reason"),
    [
        ((0, 2), {}, {}, "kept"),
        ((0, 0.2), {}, {}, "too_short"),
        ((0, 0.2), {}, {"min_duration": 0.1}, "kept"),
        ((0, 31), {}, {}, "too_long"),
        ((0, 2), {"duplicate_of": "show/s01e00/u00001"}, {}, "heard_before"),
        ((0, 2), {"duplicate_of": "show/s01e00/u00001"}, {"keep_duplicates": True}, "kept"),
        ((0, 2), {"agreement": 0.1}, {"min_agreement": 0.2}, "text_mismatch"),
        ((0, 2), {"agreement": None}, {}, "kept"),
        ((0, 2), {"speech": Speech(1.0, music_share=0.6)}, {"max_music": 0.5}, "music"),
        ((0, 2), {"speech": Speech(1.0, overlap_share=0.6)}, {"max_overlap": 0.5}, "overlap"),
        ((0, 2), {"quality": Quality("C")}, {"tiers": "AB"}, "low_quality"),
        ((0, 2), {"probability": 0.5}, {"label_precision": 0.99}, "uncertain_speaker"),
        ((0, 2), {"who": ""}, {"label_precision": 0.5}, "uncertain_speaker"),
        ((0, 2), {"who": ""}, {}, "kept"),
    ],
)
def test_each_fault_has_its_reason(span, fields, settings, reason):
    assert curated([line(1, *span, **(GOOD | fields))], **settings) == [reason]


def test_a_line_that_was_dropped_carries_itself():
    ((_, outcomes),) = Curate().run(SeriesDesk({"show/s01e01": [line(1, 0, 0.1, "Hm.", **GOOD)]}))
    (dropped,) = outcomes
    assert (dropped.detail, b'"Hm."' in bytes(dropped.record)) == ("0.10 s", True)


def test_every_line_of_an_episode_has_the_same_split():
    lines = {f"show/s01e0{n}": [line(1, 0, 2, **GOOD), line(2, 3, 5, **GOOD)] for n in range(1, 8)}
    found = {shard: {x.split for x in outcomes} for shard, outcomes in Curate().run(SeriesDesk(lines))}
    assert all(len(splits) == 1 for splits in found.values())
    assert {min(splits) for splits in found.values()} == {"train", "test", "validation"}


@given(st.integers(1, 60), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 5))
def test_the_split_is_whole_and_leaves_something_to_train_on(count, test, validation, seed):
    shards = [f"show/e{n:03d}" for n in range(count)]
    split = split_episodes(shards, test, validation, seed)
    assert list(split.values()).count("train") >= 1
    assert set(split) == set(shards)
    assert split == split_episodes(shards[::-1], test, validation, seed)
    if count > 1 and test > 0:
        assert "test" in split.values()


def test_a_new_episode_moves_few_of_the_others():
    shards = [f"show/e{n:03d}" for n in range(100)]
    before, after = split_episodes(shards, 0.1, 0.05, 0), split_episodes([*shards, "show/new"], 0.1, 0.05, 0)
    assert sum(before[shard] != after[shard] for shard in shards) <= 2


def test_names_that_came_out_wrong_without_their_seed_turn_the_dial_up() -> None:
    shard = "show/s01e01"
    lines = [line(n, 10.0 * n, 10.0 * n + 2, who="Otis", probability=0.5 + n / 240) for n in range(120)]
    wrong_below = 0.9
    probability = np.array([x.naming.probability for x in lines], np.float32)
    checked = {
        (shard, "checked_line"): np.arange(120, dtype=np.int32),
        (shard, "checked_probability"): probability,
        (shard, "checked_right"): probability > wrong_below,
        (shard, "checked_kind"): np.full(120, 4, np.int32),
        (shard, "checked_run"): np.arange(120, dtype=np.int64),
        (shard, "checked_named"): np.ones(120, bool),
    }

    def kept(arrays: dict) -> tuple[list, DialReport]:
        desk = SeriesDesk({shard: lines}, arrays)
        ((_, outcomes),) = Curate(label_precision=0.8).run(desk)
        return parted(outcomes)[0], DialReport.from_array(desk.saved[shard, "dial"])

    trusting, plain = kept({})
    checking, report = kept(checked)
    assert plain.interval is None
    assert len(trusting) > len(checking) > 0
    assert np.mean([x.naming.probability > wrong_below for x in trusting]) < 0.6
    assert np.mean([x.naming.probability > wrong_below for x in checking]) > 0.75
    assert report.lines == len(checking)
    assert report.interval is not None
