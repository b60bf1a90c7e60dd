"""`audiorole sample`: the bundled series is written out whole, twice if need be, and over nobody's files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audiorole.dataset.input.scan import scan
from audiorole.errors import ConfigError, InputError
from audiorole.sample import known_speech, sample_home, write_sample

SERIES = Path(__file__).parents[1] / "examples" / "series"


def audiorole(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audiorole", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_every_file_arrives_and_the_folder_holds_three_episodes(tmp_path):
    done = audiorole("sample", "a new/folder", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "audiorole build a new/folder" in done.stdout.replace("'", "")
    target = tmp_path / "a new" / "folder"
    for path in (path for path in SERIES.rglob("*") if path.is_file()):
        assert (target / path.relative_to(SERIES)).read_bytes() == path.read_bytes()
    assert (target / "Lost Property" / "LICENSE").is_file()
    assert [source.id for source in scan(target).sources] == [source.id for source in scan(SERIES).sources]
    assert len(scan(target).sources) == 3


def test_a_second_time_changes_nothing_and_a_lost_file_comes_back(tmp_path):
    first = write_sample(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in first}
    first[0].unlink()
    assert write_sample(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in first[1:]} == {path: times[path] for path in first[1:]}
    assert first[0].is_file()


@pytest.mark.parametrize("what", ["another file", "a folder", "a file cut short"])
def test_nothing_is_overwritten_and_nothing_else_is_written(tmp_path, what):
    target = tmp_path / "Lost Property" / "cast.toml"
    target.parent.mkdir()
    if what == "a folder":
        target.mkdir()
    else:
        target.write_text("[mine]\n" if what == "another file" else "")
    with pytest.raises(InputError, match=r"cast\.toml: is there already"):
        write_sample(tmp_path)
    assert [path.name for path in target.parent.iterdir()] == ["cast.toml"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    done = audiorole("sample", "file", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("audiorole: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_installation_without_the_series_says_so(tmp_path, monkeypatch):
    truth, media = known_speech()
    assert truth.name == "s01e01.json"
    assert list(media.glob("*.opus"))
    monkeypatch.setattr("audiorole.sample.INSIDE", tmp_path)
    monkeypatch.setattr("audiorole.sample.CHECKOUT", tmp_path)
    with pytest.raises(ConfigError, match="without the sample series"):
        sample_home()
