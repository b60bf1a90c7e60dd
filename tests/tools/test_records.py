"""A ratio that falls is found; the page on figures is what the records say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.record import exported, write_record
from tests.docs.manual import ROOT
from tools import speed_figures

RATIOS = {"led: script / build": 2.4, "led: floor / build": 0.86, "whisper: floor / build": 0.9}


def checked(tmp_path: Path, now: dict[str, float], *options: str) -> subprocess.CompletedProcess[str]:
    write_record(tmp_path / "records" / "floor.json", "floor", "1 h", RATIOS, {})
    write_record(tmp_path / "new.json", "floor", "1 h", now, {})
    words = [tmp_path / "new.json", "--records", tmp_path / "records", *options]
    command = [sys.executable, "-m", "tools.bench_check", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (RATIOS, 0),
        (RATIOS | {"led: script / build": 2.4 * 0.86}, 0),
        (RATIOS | {"led: script / build": 2.4 * 0.84}, 1),
        (RATIOS | {"led: floor / build": 3.0}, 0),
        ({name: value for name, value in RATIOS.items() if name.startswith("led")}, 0),
        ({"led: floor / build": 0.86, "whisper: floor / build": 0.9}, 1),
    ],
)
def test_a_fall_of_more_than_fifteen_per_cent_fails(tmp_path, now, code):
    done = checked(tmp_path, now)
    assert done.returncode == code, done.stdout
    assert ("FELL" in done.stdout) == bool(code)


def test_how_far_a_ratio_may_fall_can_be_said(tmp_path):
    fallen = RATIOS | {"led: script / build": 2.4 * 0.84}
    assert checked(tmp_path, fallen, "--fall", "0.3").returncode == 0


def test_a_benchmark_without_a_record_is_said(tmp_path):
    write_record(tmp_path / "new.json", "another", "1 h", {}, {})
    command = [
        sys.executable,
        "-m",
        "tools.bench_check",
        str(tmp_path / "new.json"),
        "--records",
        str(tmp_path / "none"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, "no record of 'another'" in done.stdout) == (2, True)


def test_a_record_says_where_it_comes_from(tmp_path):
    write_record(tmp_path / "r.json", "floor", "1 h", {"a: b": 1.23456}, {"x": 1})
    record = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert record["ratios"] == {"a: b": 1.235}
    assert set(record["machine"]) - {"gpu"} == {"cpu", "cores", "python"}
    assert set(record) == {"benchmark", "given", "machine", "commit", "ratios", "figures"}


def test_a_tree_that_was_exported_knows_its_commit(tmp_path):
    """By `git archive`, as a machine without the repository gets it; by plain copies it does not."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path / "repository")]
    shutil.copytree(ROOT / "benchmarks", tmp_path / "repository" / "benchmarks", ignore=shutil.ignore_patterns("r*s"))
    for name in (".gitattributes", "benchmarks/commit.txt"):
        shutil.copy(ROOT / name, tmp_path / "repository" / name)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    said = subprocess.run([*git, "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True).stdout
    data = subprocess.run([*git, "archive", "HEAD"], check=True, capture_output=True).stdout
    (tmp_path / "tree").mkdir()
    subprocess.run(["tar", "x", "-C", str(tmp_path / "tree")], input=data, check=True)
    assert exported((tmp_path / "tree" / "benchmarks" / "commit.txt").read_text()) == said.strip()
    assert exported((tmp_path / "repository" / "benchmarks" / "commit.txt").read_text()) == ""
    command = [sys.executable, "-c", "from benchmarks.record import commit; print(commit())"]
    for place, expected in ((tmp_path / "tree", said.strip()), (tmp_path / "repository", f"{said.strip()}")):
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


def test_the_page_is_what_the_records_say():
    page = speed_figures.PAGE.read_text(encoding="utf-8")
    assert speed_figures.with_part(page, speed_figures.part(speed_figures.RECORDS)) == page


def test_every_record_that_is_kept_has_a_table():
    for path in speed_figures.RECORDS.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["benchmark"] in speed_figures.TABLES, path.name
