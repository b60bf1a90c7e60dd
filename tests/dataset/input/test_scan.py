"""What a folder holds: names, links, doubles, clips of the cast, and what is left out with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.dataset.input.ids.placed import SLUG_BYTES, episode_id, slug
from audiorole.dataset.input.scan import Skipped, scan
from audiorole.errors import InputError


def put(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def found(root: Path) -> list[str]:
    return [source.id for source in scan(root).sources]


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("My.Show.S01E02.1080p.mkv", "my-show/s01e02"),
        ("My Show - s1e2 - Title.mp4", "my-show/s01e02"),
        ("My Show 1x02.avi", "my-show/s01e02"),
        ("My Show/Season 1/02 - Title.mkv", "my-show/s01e02"),
        ("My Show/Staffel 2/Folge 7.mkv", "my-show/s02e07"),
        ("My Show/S01E02.mkv", "my-show/s01e02"),
        ("My Show/pilot.wav", "my-show/pilot"),
        ("火影忍者 S03E010.mkv", "火影忍者/s03e10"),
    ],
)
def test_names_as_people_write_them(tmp_path, name, identity):
    assert found(put(tmp_path, name)) == [identity]


def test_nothing_to_build_is_said_with_the_endings_that_are_known(tmp_path):
    with pytest.raises(InputError, match=r"no media files in this folder; known endings: .*mkv"):
        scan(put(tmp_path, "readme.txt"))
    with pytest.raises(InputError, match="no such file or folder"):
        scan(tmp_path / "nowhere")


def test_of_two_files_of_an_episode_video_is_taken_and_the_other_reported(tmp_path):
    result = scan(put(tmp_path, "Show.S01E01.mkv", "Show.S01E01.opus"))
    assert [source.media for source in result.sources] == ["Show.S01E01.mkv"]
    assert result.skipped == (Skipped("Show.S01E01.opus", "same episode as Show.S01E01.mkv"),)


def test_names_that_differ_in_signs_only_are_two_episodes(tmp_path):
    ids = found(put(tmp_path, "in/pilot!.wav", "in/pilot?.wav", "in/pilot.wav"))
    assert len(set(ids)) == 3
    assert found(tmp_path) == ids


def test_names_that_agree_for_long_are_two_episodes(tmp_path):
    ids = found(put(tmp_path, f"in/{'a' * 200}1.wav", f"in/{'a' * 200}2.wav"))
    assert len(set(ids)) == 2


@pytest.mark.parametrize("name", ["!!!/???.wav", "☃/☃.wav", "!!!/S01E01.wav"])
def test_names_without_a_letter_stay_inside_the_output_folder(tmp_path, name):
    (identity,) = found(put(tmp_path, name))
    show, episode = identity.split("/")
    assert show
    assert episode


@given(st.text(alphabet=st.characters(exclude_characters="/\x00", exclude_categories=("Cs",)), min_size=1))
def test_every_name_gives_an_id_that_is_two_safe_parts_of_a_path(name):
    show, episode = episode_id(Path("in") / f"{name}.wav", Path("in")).split("/")
    for part in (show, episode):
        assert 0 < len(part.encode()) <= SLUG_BYTES
        assert part == part.strip(".")
    assert slug(show) == show


def test_links_are_followed_and_circles_end(tmp_path):
    put(tmp_path, "elsewhere/Show.S01E01.mkv", "in/Show.S01E02.mkv")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "circle").symlink_to(tmp_path / "in")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "in")
    assert found(tmp_path / "in") == ["show/s01e01", "show/s01e02"]


def test_a_link_to_nothing_is_reported(tmp_path):
    put(tmp_path, "Show.S01E01.mkv")
    (tmp_path / "Show.S01E02.mkv").symlink_to(tmp_path / "gone.mkv")
    assert scan(tmp_path).skipped == (Skipped("Show.S01E02.mkv", "a link to nothing"),)


def test_a_name_that_is_no_text_is_reported(tmp_path):
    put(tmp_path, "Show.S01E01.mkv")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/Show.S01E02.\xff.mkv")).write_bytes(b"x")
    (skip,) = scan(tmp_path).skipped
    assert skip.reason == "its name is not valid UTF-8; rename it"
    assert skip.path.encode("utf-8") == rb"Show.S01E02.\udcff.mkv"


def test_hidden_files_and_the_output_folder_are_left_out(tmp_path):
    put(tmp_path, "Show.S01E01.mkv", ".trash/Show.S01E02.mkv", "._Show.S01E01.mkv", "out/Show.S01E03.mkv")
    assert [source.id for source in scan(tmp_path, tmp_path / "out").sources] == ["show/s01e01"]


def test_a_voice_that_the_cast_uses_whole_is_no_episode(tmp_path):
    put(tmp_path, "Show.S01E01.mkv", "voices/gus.opus")
    (tmp_path / "cast.toml").write_text(
        '[[character]]\nname = "Gus"\n[[character.references]]\npath = "voices/gus.opus"\n'
        '[[character.references]]\npath = "Show.S01E01.mkv"\nstart = 1.0\nend = 3.0\n'
    )
    assert found(tmp_path) == ["show/s01e01"]


def test_one_file_can_be_the_target(tmp_path):
    result = scan(put(tmp_path, "in/Show.S01E01.mkv") / "in" / "Show.S01E01.mkv")
    assert [(source.id, source.media) for source in result.sources] == [("show/s01e01", "Show.S01E01.mkv")]
