"""Lines heard before in an earlier episode, wherever the repeat is cut."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.audio.fingerprint import fingerprint
from audiorole.dataset.stages.series.dedup import Dedup
from audiorole.testing.desk import SeriesDesk, line

RATE = 16000


def speechlike(seconds: float, seed: int) -> np.ndarray:
    """Return sixty tones that swell and fade on their own, eight times a second."""
    rng = np.random.default_rng(seed)
    clock = np.arange(round(seconds * RATE)) / RATE
    knots = np.arange(0, seconds + 1, 0.12)
    waveform = np.zeros(len(clock))
    for hz in np.geomspace(320, 2900, 60):
        waveform += np.sin(2 * np.pi * hz * clock + rng.uniform(0, 6)) * np.interp(clock, knots, rng.random(len(knots)))
    return (0.02 * waveform).astype(np.float32)


def deduped(first, second, lines, **settings):
    desk = SeriesDesk(
        {"show/s01e01": lines[0], "show/s01e02": lines[1]},
        {("show/s01e01", "fingerprint"): fingerprint(first), ("show/s01e02", "fingerprint"): fingerprint(second)},
    )
    return {shard: [x.duplicate_of for x in outcomes] for shard, outcomes in Dedup(**settings).run(desk)}


@pytest.mark.parametrize("shift", [0, 137, 256, 400])
def test_a_recap_is_found_wherever_it_is_cut(shift):
    original, fresh = speechlike(20, 1), speechlike(10, 2)
    recap = original[8 * RATE : 14 * RATE]
    second = np.concatenate([fresh[: 2 * RATE + shift], recap, fresh[2 * RATE + shift :]])
    lines = (
        [line(1, 8.5, 11.0), line(2, 11.5, 13.5)],
        [line(1, 2.5, 5.0, episode="show/s01e02"), line(2, 9.0, 11.0, episode="show/s01e02")],
    )
    found = deduped(original, second, lines)
    assert found == {"show/s01e01": ["", ""], "show/s01e02": ["show/s01e01/u00001", ""]}


def test_a_repeat_of_what_was_no_line_names_its_place():
    original, fresh = speechlike(20, 1), speechlike(10, 2)
    second = np.concatenate([fresh[: 2 * RATE], original[8 * RATE : 12 * RATE], fresh[2 * RATE :]])
    found = deduped(original, second, ([line(1, 15, 17)], [line(1, 2.5, 5.0, episode="show/s01e02")]))
    (place,) = found["show/s01e02"]
    assert place.startswith("earlier episode, at 8.")


def test_other_speech_and_silence_are_no_repeats():
    quiet = np.zeros(10 * RATE, dtype=np.float32)
    lines = ([line(1, 1, 4)], [line(1, 1, 4, episode="show/s01e02")])
    assert deduped(speechlike(10, 1), speechlike(10, 2), lines)["show/s01e02"] == [""]
    assert deduped(quiet, quiet, lines)["show/s01e02"] == [""]


def test_episodes_shorter_than_a_frame_do_no_harm():
    lines = ([], [line(1, 0, 0.01, episode="show/s01e02")])
    assert deduped(np.zeros(100, np.float32), np.zeros(100, np.float32), lines)["show/s01e02"] == [""]
