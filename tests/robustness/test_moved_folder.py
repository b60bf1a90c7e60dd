"""A build and its inputs that lie somewhere else now: nothing is computed again, and the bytes are the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from audiorole.dataset.names.decision_file import append_decision
from audiorole.naming.answers.decisions import decide
from audiorole.testing.media import write_media
from audiorole.testing.models import fake_models
from audiorole.testing.series import sound, tiny_build
from tests.robustness.trees import result_bytes

CAST = """
[[character]]
name = "Anna"
references = [{path = "anna.wav"}, {path = "../clips/anna2.wav"}]
"""


@pytest.fixture(scope="module")
def finished(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with inputs of every kind, inside and beside the media folder, and their finished build."""
    home = Path(shutil.copytree(first_build, tmp_path_factory.mktemp("finished") / "home"))
    write_media(home / "in" / "anna.wav", sound()[24000:72000])
    (home / "clips").mkdir()
    write_media(home / "clips" / "anna2.wav", sound()[182400:230400])
    (home / "in" / "cast.toml").write_text(CAST)
    (home / "in" / "Show.S01E02.txt").write_text("ANNA: Good morning to you all.\nBEN: Is it morning already?\n")
    append_decision(home / "out", decide("label_line", "show/s01e01/u00001", "Zelda", at="2026-01-01", who="ann"))
    with fake_models():
        _build(home)
    return home


@pytest.fixture
def series(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, which lies somewhere else already."""
    return Path(shutil.copytree(finished, tmp_path / "home"))


def _build(home: Path):
    return tiny_build(home / "in", home / "out", "name.clips_anywhere=true")


def _renamed(home: Path) -> Path:
    return home.rename(home.parent / "of another user")


def _deeper(home: Path) -> Path:
    (home.parent / "mnt").mkdir()
    return home.rename(home.parent / "mnt" / "disk")


def _copied_without_times(home: Path) -> Path:
    copy = Path(shutil.copytree(home, home.parent / "copy", copy_function=shutil.copyfile))
    shutil.rmtree(home)
    return copy


def _through_a_link(home: Path) -> Path:
    _renamed(home)
    home.symlink_to(home.parent / "of another user")
    return home


def _relative(home: Path) -> Path:
    os.chdir(home.parent)
    return Path(home.name)


def _upwards(home: Path) -> Path:
    return home / "in" / ".."


@pytest.mark.parametrize("move", [_renamed, _deeper, _copied_without_times, _through_a_link, _relative, _upwards])
def test_nothing_is_computed_again_and_the_bytes_are_the_same(series, move, monkeypatch):
    monkeypatch.chdir(Path.cwd())
    before = result_bytes(series / "out")
    home = move(series)
    assert not _build(home).run.computed
    assert result_bytes(home / "out") == before


def test_the_media_and_the_output_may_part(series, tmp_path):
    before = result_bytes(series / "out")
    (tmp_path / "media").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("in", "clips"):
        (series / name).rename(tmp_path / "media" / name)
    (series / "out").rename(tmp_path / "out" / "here")
    found = tiny_build(tmp_path / "media" / "in", tmp_path / "out" / "here", "name.clips_anywhere=true")
    assert not found.run.computed
    assert result_bytes(tmp_path / "out" / "here") == before


def test_an_output_inside_the_media_folder_moves_with_it(series, tmp_path):
    (series / "out").rename(series / "in" / "out")
    inside = lambda home: tiny_build(home / "in", home / "in" / "out", "name.clips_anywhere=true")  # noqa: E731
    assert not inside(series).run.computed
    assert not inside(_renamed(series)).run.computed


def test_what_changed_on_the_way_is_noticed(series):
    home = _renamed(series)
    clip = home / "clips" / "anna2.wav"
    write_media(clip, sound()[240000:288000])
    assert _build(home).run.computed["name"]


def test_two_files_of_one_name_are_told_apart(series):
    """The same clip inside and beside the folder: which of them changed is not confused."""
    shutil.copyfile(series / "clips" / "anna2.wav", series / "in" / "anna2.wav")
    assert not _build(series).run.computed
    write_media(series / "clips" / "anna2.wav", sound()[240000:288000])
    assert _build(series).run.computed["name"]


def test_commands_on_a_moved_build_find_its_media_beside_it(series):
    from audiorole.dataset.build import finished_plan

    home = _renamed(series)
    assert finished_plan(home / "out").inputs.is_dir()
