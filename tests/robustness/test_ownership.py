"""Only what is ours is removed, and nothing is written through a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.errors import InputError
from audiorole.testing.series import tiny_build, write_series
from tests.robustness.trees import dataset_bytes


@pytest.mark.parametrize("strange", ["notes.txt", "dataset/mine/x.parquet", "run/built.json", "summary.json"])
def test_a_folder_that_holds_something_and_no_stamp_is_refused_and_left(tmp_path, strange):
    write_series(tmp_path / "in", 1)
    path = tmp_path / "out" / strange
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(InputError, match="not empty and was not made by audiorole"):
        tiny_build(tmp_path / "in", tmp_path / "out")
    assert [p.read_text() for p in (tmp_path / "out").rglob("*") if p.is_file()] == ["mine"]


@pytest.mark.parametrize(
    "strange",
    [
        "dataset/mine/x.parquet",
        "dataset/train/x.parquet",
        "dataset/notes.1.partial",
        "notes.1.partial",
        "run/notes.1.partial",
        "run/00-sources/show/other.jsonl",
        "dataset/mine/deep/er/readme",
    ],
)
def test_files_of_others_survive_a_build_that_changes_everything(built, strange):
    path = built / "out" / strange
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert tiny_build(built / "in", built / "out", "publish.codec=wav").run.computed
    assert path.read_text() == "mine"
    (built / "in" / "Show.S01E02.flac").unlink()
    tiny_build(built / "in", built / "out")
    assert path.read_text() == "mine"


def test_an_empty_folder_and_a_link_of_others_in_the_dataset_stay(built, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "x.parquet").write_text("far")
    (built / "out" / "dataset" / "link").symlink_to(tmp_path / "far")
    (built / "out" / "dataset" / "empty").mkdir()
    tiny_build(built / "in", built / "out", "publish.codec=wav")
    assert (built / "out" / "dataset" / "link").is_symlink()
    assert (built / "out" / "dataset" / "empty").is_dir()
    assert (tmp_path / "far" / "x.parquet").read_text() == "far"


def test_somebodys_file_in_the_way_is_not_replaced(built):
    before = dataset_bytes(built / "out")
    (path,) = (built / "out" / "dataset").rglob("*s01e01.parquet")
    (built / "in" / "Show.S01E01.flac").rename(built / "in" / "Show.S01E03.flac")
    (built / "in" / "Show.S01E01.srt").rename(built / "in" / "Show.S01E03.srt")
    mine = path.with_name("show-s01e03.parquet")
    for split in ("train", "test", "validation"):
        mine = built / "out" / "dataset" / split / "show-s01e03.parquet"
        mine.parent.mkdir(exist_ok=True)
        mine.write_text("mine")
    with pytest.raises(InputError, match="in the way of the dataset and not ours"):
        tiny_build(built / "in", built / "out")
    assert mine.read_text() == "mine"
    assert before.items() <= dataset_bytes(built / "out").items()


@pytest.mark.parametrize(
    "name", [".lock", "dataset", "run", "summary.json", "decisions.jsonl", "run/01-probe", "cache"]
)
def test_no_link_is_followed_out_of_the_folder(built, tmp_path, name):
    path, far = built / "out" / name, tmp_path / "far"
    if path.is_dir():
        path.rename(far)
    else:
        path.unlink(missing_ok=True)
        far.write_text("far")
    path.symlink_to(far)
    before = {p: p.read_bytes() for p in [far, *far.rglob("*")] if p.is_file()}
    (built / "in" / "Show.S01E02.flac").unlink()
    with pytest.raises(InputError, match=r"is a link|written through"):
        tiny_build(built / "in", built / "out", "publish.codec=wav")
    assert {p: p.read_bytes() for p in [far, *far.rglob("*")] if p.is_file()} == before


def test_two_episodes_whose_names_fold_to_one_file_are_told_apart(tmp_path):
    for folder, name in (("A B", "C"), ("A", "B-C")):
        write_series(tmp_path / "raw", 1)
        target = tmp_path / "in" / folder
        target.mkdir(parents=True)
        for path in sorted((tmp_path / "raw").iterdir()):
            path.rename(target / f"{name}{path.suffix}")
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert len(result.summary.episodes) == len(list(Path(tmp_path / "out" / "dataset").rglob("*.parquet"))) == 2
