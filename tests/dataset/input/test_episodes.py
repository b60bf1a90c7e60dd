"""One id a file: shows of one name, two shows in a folder, parts, copies, extras, silent video beside its sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from audiorole.dataset.input.scan import scan
from audiorole.testing.media import tone, write_media
from tests.dataset.input.test_scan import found, put


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("[G] Red Door - 01.mkv", "[G] Blue Tower - 01.mkv"), ["blue-tower/e001", "red-door/e001"]),
        (("R 1.mkv", "R 2.mkv", "B - 1.mkv", "B - 2.mkv"), ["b/e001", "b/e002", "r/e001", "r/e002"]),
        (("[G]_R_-_01_[x].mkv", "[G]_B_-_01_[x].mkv"), ["b/e001", "r/e001"]),
        (("A/S01/01.mkv", "B/S01/01.mkv"), ["a/s01e01", "b/s01e01"]),
        (("A/Season 1 [x]/01 - P.mkv", "A/Specials/01 - Q.mkv"), ["a/s00e01", "a/s01e01"]),
        (("A/A.S01.1080p/01.mkv", "A/A.S02.1080p/01.mkv"), ["a/s01e01", "a/s02e01"]),
        (("A/101 - P.mkv", "A/102 - Q.mkv"), ["a/s01e01", "a/s01e02"]),
        (("r.101.mkv", "r.102.mkv", "r.201.mkv"), ["r/s01e01", "r/s01e02", "r/s02e01"]),
        (("R_101_One.mkv", "R_102_Two.mkv", "B_101.mkv", "B_102.mkv"), [f"{x}/s01e0{n}" for x in "br" for n in (1, 2)]),
        (("R 1002.mkv", "R 1001.mkv", "R 901.mkv"), ["r/s09e01", "r/s10e01", "r/s10e02"]),
        (("R 1961.mkv", "R 1962.mkv"), ["in/r-1961", "in/r-1962"]),
        (("R 145.mkv", "R 146.mkv"), ["in/r-145", "in/r-146"]),
        (("Apollo 101.mkv", "Area 101.mkv"), ["in/apollo-101", "in/area-101"]),
        (("1.mkv", "2.mkv", "10.mkv"), ["in/e001", "in/e002", "in/e010"]),
        (("1 - Home.mkv", "2 - Away.mkv"), ["in/e001", "in/e002"]),
        (("12 Monkeys.mkv", "7 Lanterns.mkv"), ["in/12-monkeys", "in/7-lanterns"]),
        (("R/2019/01.mkv", "R/2020/01.mkv"), ["r/s2019e01", "r/s2020e01"]),
        (("1984/01.mkv", "R/01.mkv"), ["1984/e001", "r/e001"]),
        (("R.2019.05.12.mkv", "B.2019.05.12.mkv"), ["b/2019-05-12", "r/2019-05-12"]),
        (
            ("R 20190512.mkv", "R 13.05.2019.mkv", "R 2019-13-13.mkv"),
            ["r/2019-05-12", "r/2019-05-13", "r/r-2019-13-13"],
        ),
        (("R/Season One/Episode Two.mkv", "R/Season Two/Chapter 3.mkv"), ["r/s01e02", "r/s02e03"]),
        (("R.E01.mkv", "R.OVA.mkv", "B.E01.mkv"), ["b/e001", "r/e001", "r/r-ova"]),
        (("R.E01.mkv", "Robin.mkv"), ["in/robin", "r/e001"]),
        (("A/Season 1/101 - P.mkv", "A/Season 1/102 - Q.mkv"), ["a/s01e01", "a/s01e02"]),
        (("A/Season 1/100 - P.mkv", "A/Season 1/101 - Q.mkv"), ["a/s01e100", "a/s01e101"]),
        (("A.S01E07.720p-G/abc.mkv", "A.S01E08.720p-G/def.mkv"), ["a/s01e07", "a/s01e08"]),
    ],
)
def test_shows_seasons_and_numbers(tmp_path, names, ids):
    assert found(put(tmp_path / "in", *names)) == ids


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("Lane (UK)/Lane - S01E01.mkv", "Lane (US)/Lane - S01E01.mkv"), ["lane-uk/s01e01", "lane-us/s01e01"]),
        (("Lane (UK)/Lane - S01E01.mkv", "Lane (US)/Lane - S01E02.mkv"), ["lane-uk/s01e01", "lane-us/s01e02"]),
        (("Lane (2005)/Lane 1x01.mkv", "Lane (2019)/Lane 1x01.mkv"), ["lane-2005/s01e01", "lane-2019/s01e01"]),
        (("Lane/UK/Lane 1x01.mkv", "Lane/US/Lane 1x01.mkv"), ["lane-uk/s01e01", "lane-us/s01e01"]),
        (("Lane - S01E01.mkv", "old/Lane - S01E01.mkv"), ["lane-old/s01e01", "lane/s01e01"]),
        (("Lane UK S01/Lane 1x01.mkv", "Lane US S01/Lane 1x01.mkv"), ["lane-uk/s01e01", "lane-us/s01e01"]),
        (("01 - Home.mkv", "01 - Away.mkv"), ["in/e001-away", "in/e001-home"]),
        (("disc a/Lane - S01E01.mkv", "disc b/Lane - S01E02.mkv"), ["lane/s01e01", "lane/s01e02"]),
    ],
)
def test_shows_of_one_name_are_told_apart_by_their_folders(tmp_path, names, ids):
    result = scan(put(tmp_path / "in", *names))
    assert [source.id for source in result.sources] == ids
    assert result.skipped == ()


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (("S.S01E01.CD1.avi", "S.S01E01.CD2.avi"), ["s/s01e01-part1", "s/s01e01-part2"]),
        (("S 1x01a.mkv", "S 1x01b.mkv", "S 1x02.mkv"), ["s/s01e01-parta", "s/s01e01-partb", "s/s01e02"]),
        (("S - S01E01 - pt1.mkv", "S - S01E01 - pt2.mkv"), ["s/s01e01-part1", "s/s01e01-part2"]),
        (("S.S01E01.mkv", "S.S01E01.part2.mkv"), ["s/s01e01", "s/s01e01-part2"]),
        (("S/Season 1/Disc 1/01.mkv", "S/Season 1/Disc 2/01.mkv"), ["s/s01e01-disc-1", "s/s01e01-disc-2"]),
        (("Film CD1.avi", "Film CD2.avi"), ["in/film-cd1", "in/film-cd2"]),
        (("S S01E05 - The Gift Part 1.mkv", "S S01E06 - The Gift Part 2.mkv"), ["s/s01e05", "s/s01e06"]),
    ],
)
def test_parts_are_built_each_by_itself(tmp_path, names, ids):
    assert found(put(tmp_path / "in", *names)) == ids


def test_of_two_copies_one_is_built_and_the_other_named(tmp_path):
    put(tmp_path, "S.S01E01.720p.mkv")
    (tmp_path / "S.S01E01.1080p.mkv").write_bytes(b"larger")
    result = scan(tmp_path)
    assert [source.media for source in result.sources] == ["S.S01E01.1080p.mkv"]
    assert [skip.reason for skip in result.skipped] == ["same episode as S.S01E01.1080p.mkv"]


@pytest.mark.parametrize(
    "names",
    [
        ("S.101.720p.mkv", "S.101.1080p.mkv", "S.102.mkv"),
        ("1 - Home [720p].mkv", "1 - Home [1080p].mkv", "2 - Away.mkv"),
    ],
)
def test_copies_are_copies_where_their_siblings_say_what_their_number_means(tmp_path, names):
    result = scan(put(tmp_path / "in", *names))
    assert (len(result.sources), [skip.reason[:15] for skip in result.skipped]) == (2, ["same episode as"])


def test_only_extras_are_no_episodes(tmp_path):
    with pytest.raises(Exception, match=r"holds no episodes; skipped Trailers/a\.mkv: an extra"):
        scan(put(tmp_path, "Trailers/a.mkv"))


def silent_video(path: Path, seconds: int = 2) -> Path:
    """Write a video without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        for _ in range(seconds * 5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("video", "audio"),
    [("S.S01E01.mp4", "S.S01E01.m4a"), ("S 1x01.mkv", "S.S01E01.en.flac"), ("Talk.f137.mp4", "Talk.f140.m4a")],
)
def test_the_file_with_sound_is_the_episode_not_the_silent_video(tmp_path, video, audio):
    silent_video(tmp_path / video)
    write_media(tmp_path / audio, tone(2.0), codec="aac" if audio.endswith("m4a") else "flac")
    result = scan(tmp_path)
    assert [source.media for source in result.sources] == [audio]
    assert [(skip.path, skip.reason) for skip in result.skipped] == [(video, f"holds no sound; the episode is {audio}")]


def test_a_sample_of_the_same_number_is_not_the_episode(tmp_path):
    write_media(tmp_path / "S.S01E01.flac", tone(8.0))
    write_media(tmp_path / "S.S01E01.excerpt.flac", tone(2.0, level=0.9))
    result = scan(tmp_path)
    assert [source.media for source in result.sources] == ["S.S01E01.flac"]
    assert result.skipped[0].reason == "same episode as S.S01E01.flac, but only 2 of its 8 s"


def test_a_short_clip_beside_numbered_episodes_is_skipped_by_its_length(tmp_path):
    write_media(tmp_path / "S.S01E01.flac", tone(20.0))
    write_media(tmp_path / "hello from the crew.flac", tone(2.0))
    result = scan(tmp_path)
    assert [source.media for source in result.sources] == ["S.S01E01.flac"]
    assert result.skipped[0].reason == "an extra: 2 s long beside episodes of 20 s"
