"""What was published stays published until something better takes its place, in one step."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

import audiorole.dataset.lines.episode_audio
import audiorole.dataset.result.folder
from audiorole.errors import InputError, OutOfSpaceError
from audiorole.testing.media import write_media
from audiorole.testing.series import tiny_build, write_episode
from tests.robustness.trees import dataset_bytes, opens


def _bad_clip(root):
    (root / "in" / "anna.wav").write_bytes(b"RIFF no sound at all")
    (root / "in" / "cast.toml").write_text('[[character]]\nname = "Anna"\nreferences = [{path = "anna.wav"}]\n')


def _silent_clip(root):
    write_media(root / "in" / "anna.wav", np.zeros(10, np.float32))
    (root / "in" / "cast.toml").write_text(
        '[[character]]\nname = "Anna"\nreferences = [{path = "anna.wav", end = 1e-9}]\n'
    )


def _all_media_broken(root):
    for path in (root / "in").glob("*.flac"):
        path.write_bytes(b"fLaC broken")


@pytest.mark.parametrize("harm", [_bad_clip, _all_media_broken])
def test_a_series_that_fails_leaves_its_dataset(built, harm):
    before = dataset_bytes(built / "out")
    harm(built)
    result = tiny_build(built / "in", built / "out")
    assert result.exit_code == 1
    assert dataset_bytes(built / "out") == before
    assert set(result.summary.older) == {"show/s01e01", "show/s01e02"}


def test_an_episode_that_fails_keeps_its_old_file_beside_the_new_ones(built):
    before = dataset_bytes(built / "out")
    (built / "in" / "Show.S01E02.flac").write_bytes(b"fLaC broken")
    write_episode(built / "in", "Show.S01E03.flac", seed=3)
    result = tiny_build(built / "in", built / "out")
    after = dataset_bytes(built / "out")
    (old,) = [name for name in before if "s01e02" in name]
    assert after[old] == before[old]
    assert any("s01e03" in name for name in after)
    assert result.summary.older == {"show/s01e02": old.removeprefix("dataset/")}
    assert "of an earlier build" in after["dataset/README.md"].decode()
    write_episode(built / "in", "Show.S01E02.flac", seed=2)
    assert tiny_build(built / "in", built / "out").summary.older == {}


def test_an_episode_that_was_taken_away_leaves_the_dataset(built):
    for path in (built / "in").glob("*S01E02*"):
        path.unlink()
    tiny_build(built / "in", built / "out")
    assert not [name for name in dataset_bytes(built / "out") if "s01e02" in name]


def test_an_altered_decision_is_refused_before_anything_changes(built):
    before = dataset_bytes(built / "out")
    (built / "out" / "decisions.jsonl").write_bytes(b'{"id":"0","kind":"rename","subject":"a","value":"b"}\n')
    with pytest.raises(InputError, match=r"decisions\.jsonl:1: decision 0 was altered"):
        tiny_build(built / "in", built / "out")
    assert dataset_bytes(built / "out") == before


def test_a_full_disk_leaves_the_dataset(built, monkeypatch):
    before = dataset_bytes(built / "out")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_episode(built / "in", "Show.S01E01.flac", seed=9)
    monkeypatch.setattr(audiorole.dataset.lines.episode_audio, "decode_to_pcm", full)
    with pytest.raises(OutOfSpaceError):
        tiny_build(built / "in", built / "out")
    assert dataset_bytes(built / "out") == before


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_new_dataset_takes_the_place_of_the_old_one_whole(built, monkeypatch, can_exchange):
    seen = []
    if not can_exchange:
        monkeypatch.setattr(audiorole.dataset.result.folder, "_exchange", lambda *_: False)
    real = os.unlink

    def spy(path, *args, **kwargs):
        seen.append(opens(built / "out"))
        return real(path, *args, **kwargs)

    write_episode(built / "in", "Show.S01E03.flac", seed=3)
    monkeypatch.setattr(os, "unlink", spy)
    tiny_build(built / "in", built / "out", "publish.codec=wav")
    monkeypatch.undo()
    assert set(seen) == {12, 18}
    assert not (built / "out" / ".dataset-new").exists()


def test_a_build_killed_between_two_renames_is_put_right(built):
    before = dataset_bytes(built / "out")
    (built / "out" / "dataset").rename(built / "out" / ".dataset-old")
    tiny_build(built / "in", built / "out")
    assert dataset_bytes(built / "out") == before
    assert not (built / "out" / ".dataset-old").exists()


@pytest.mark.parametrize("foreign", [False, True])
def test_what_a_run_stopped_after_the_trade_left_is_cleared(built, foreign):
    before, left = dataset_bytes(built / "out"), built / "out" / ".dataset-new"
    for name in before:
        path = left / name.removeprefix("dataset/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    if foreign:
        (left / "notes.txt").write_text("mine")
    assert not tiny_build(built / "in", built / "out").run.computed
    assert dataset_bytes(built / "out") == before | ({"dataset/notes.txt": b"mine"} if foreign else {})
    assert not left.exists()
