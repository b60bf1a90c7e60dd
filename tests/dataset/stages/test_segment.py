"""Lines on speech: boundaries, shares of overlap and music, lines from speech alone."""

from __future__ import annotations

import pytest

from audiorole.dataset.stages.words.segment import Segment
from audiorole.testing.desk import Desk, curves, frames, line, parted


def segmented(lines, *spans, settings=None, **others):
    return parted(Segment(**(settings or {})).run(lines, Desk(curves(60.0, *spans, **others))))


def test_boundaries_move_onto_the_speech():
    (kept,), _ = segmented([line(1, 9.7, 12.4)], (10.0, 12.0))
    assert kept.start == pytest.approx(10.0, abs=0.1)
    assert kept.end == pytest.approx(12.0, abs=0.1)


def test_a_line_in_silence_is_dropped_as_no_speech():
    kept, dropped = segmented([line(1, 9.7, 12.4), line(2, 30.0, 31.0)], (10.0, 12.0))
    assert [x.id for x in kept] == ["show/s01e01/u00001"]
    assert dropped == [("show/s01e01/u00002", "no_speech")]


def test_overlap_and_music_are_marked_by_their_share():
    (kept,), _ = segmented(
        [line(1, 10.0, 14.0)], (10.0, 14.0), overlap=frames(60.0, (10.0, 12.0)), music=frames(60.0, (0.0, 60.0))
    )
    assert kept.speech.overlap_share == pytest.approx(0.5, abs=0.05)
    assert kept.speech.music_share == 1.0
    assert kept.speech.snr_db == pytest.approx(40.0, abs=1.0)


def test_neighbours_do_not_share_speech():
    (first, second), _ = segmented([line(1, 10.0, 12.2), line(2, 12.1, 14.0)], (10.0, 12.0), (12.4, 14.0))
    assert first.end <= second.start


def test_without_subtitles_speech_gives_lines_in_order_and_long_ones_are_cut():
    kept, dropped = segmented([], (2.0, 4.0), (10.0, 34.0), settings={"longest": 10.0})
    assert not dropped
    assert [x.id[-5:] for x in kept] == [f"{n:05d}" for n in range(1, len(kept) + 1)]
    assert (kept[0].start, kept[0].end) == (pytest.approx(2.0, abs=0.05), pytest.approx(4.0, abs=0.05))
    assert all(x.duration <= 10.0 for x in kept)
    assert sum(x.duration for x in kept) == pytest.approx(26.0, abs=0.2)


def test_without_subtitles_a_change_of_speaker_ends_a_line():
    change = frames(60.0, (11.9, 12.1), value=60)
    kept, _ = segmented([], (10.0, 14.0), change=change)
    assert [round(x.end, 1) for x in kept] == [11.9, pytest.approx(14.0, abs=0.1)]
    unsure, _ = segmented([], (10.0, 14.0), change=change, settings={"change": 0.7})
    assert len(unsure) == 1


def test_silence_gives_no_lines():
    assert segmented([]) == ([], [])


def test_no_line_reaches_beyond_the_audio():
    (kept,), _ = segmented([line(1, 58.0, 61.0)], (58.0, 60.0))
    assert kept.end <= 60.0
