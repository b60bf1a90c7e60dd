"""Files that change while a build reads them: said, and their episode built again; no text goes with other sound."""

from __future__ import annotations

import os
import shutil

import pyarrow.parquet as pq
import pytest

from audiorole.dataset.stages.series.publish import Publish
from audiorole.testing.series import LINES, tiny_build, write_episode
from tests.robustness.trees import dataset_bytes, opens

OTHER = tuple((start, end, {"ANNA": "CORA"}.get(who, who), text) for start, end, who, text in LINES)


@pytest.fixture
def series(tmp_path):
    write_episode(tmp_path / "in", "Show.S01E01.flac", seed=1)
    write_episode(tmp_path / "in", "Show.S01E02.flac", seed=2)
    write_episode(tmp_path / "other", "Show.S01E01.flac", OTHER, seed=7)
    return tmp_path


def _meanwhile(monkeypatch, do, times=1):
    """Do something right before an episode is published: after it was analysed, before its sound is read again."""
    real, done = Publish.run, []

    def run(self, records, context):
        if len(done) < times:
            done.append(context.shard)
            do(len(done))
        return real(self, records, context)

    monkeypatch.setattr(Publish, "run", run)


def _fresh(series, name):
    """Return what a build of the files as they are now gives."""
    tiny_build(series / "in", series / name)
    return {key: data for key, data in dataset_bytes(series / name).items() if key.endswith("parquet")}


def _hashes(out):
    return {h for path in (out / "dataset").rglob("*.parquet") for h in pq.read_table(path)["media_sha256"].to_pylist()}


def test_media_swapped_between_analysis_and_publishing_are_built_again(series, monkeypatch):
    media = series / "in" / "Show.S01E01.flac"
    with monkeypatch.context() as patch:
        _meanwhile(patch, lambda _: shutil.copyfile(series / "other" / media.name, media))
        result = tiny_build(series / "in", series / "out")
    assert result.exit_code == 0
    assert result.notes == (f"{media.name} changed while it was read; show/s01e01 is built again",)
    made = {key: data for key, data in dataset_bytes(series / "out").items() if key.endswith("parquet")}
    assert made == _fresh(series, "again")


def test_media_swapped_and_put_back_are_noticed_too(series, monkeypatch):
    media, away = series / "in" / "Show.S01E01.flac", series / "away.flac"

    def swap(_):
        media.rename(away)
        shutil.copyfile(series / "other" / media.name, media)

    real = Publish.run
    with monkeypatch.context() as patch:
        _meanwhile(patch, swap)
        swapping = Publish.run

        def put_back(self, records, context):
            yield from swapping(self, records, context)
            if away.exists():
                away.replace(media)

        patch.setattr(Publish, "run", put_back)
        result = tiny_build(series / "in", series / "out")
    assert Publish.run is real
    assert "changed while it was read" in result.notes[0]
    made = {key: data for key, data in dataset_bytes(series / "out").items() if key.endswith("parquet")}
    assert made == _fresh(series, "again")


@pytest.mark.parametrize("name", ["Show.S01E01.srt", "cast.toml", "decisions.jsonl"])
def test_a_text_that_changes_meanwhile_is_read_again(series, monkeypatch, name):
    (series / "in" / "cast.toml").write_text('[[character]]\nname = "Anna"\n')
    path = series / "out" / name if name == "decisions.jsonl" else series / "in" / name

    def change(_):
        if name == "cast.toml":
            path.write_text('[[character]]\nname = "Anna"\naliases = ["Annie"]\n')
        elif name == "decisions.jsonl":
            path.write_text("\n")
        else:
            path.write_text(path.read_text().replace("breakfast", "supper"))

    with monkeypatch.context() as patch:
        _meanwhile(patch, change)
        result = tiny_build(series / "in", series / "out")
    assert result.exit_code == 0
    assert (f"{name} changed" in " ".join(result.notes)) == (name != "decisions.jsonl")
    assert not tiny_build(series / "in", series / "out").run.computed or name == "decisions.jsonl"


def test_a_file_that_never_stays_the_same_is_given_up_and_the_others_are_built(series, monkeypatch):
    media = series / "in" / "Show.S01E01.flac"
    sources = [series / "other" / media.name, series / "first.flac"]
    shutil.copyfile(media, sources[1])
    with monkeypatch.context() as patch:
        _meanwhile(patch, lambda n: shutil.copyfile(sources[n % 2], media), times=99)
        result = tiny_build(series / "in", series / "out")
    assert [note.shard for note in result.run.quarantined] == ["show/s01e01"]
    assert "changes all the time" in result.run.quarantined[0].error
    assert opens(series / "out") == 6


def test_a_file_that_is_only_touched_is_not_built_again(series, monkeypatch):
    path = series / "in" / "Show.S01E01.srt"
    with monkeypatch.context() as patch:
        _meanwhile(patch, lambda _: os.utime(path))
        result = tiny_build(series / "in", series / "out")
    assert result.notes == ()
    assert len(_hashes(series / "out")) == 2
