"""Every command on a core install: its help, nonsense, and doing its work on the tiny series."""

from __future__ import annotations

import json
import shutil
import tomllib
from importlib.util import find_spec

import pytest

from audiorole.cli.main import COMMANDS, RENAMED
from audiorole.published.formats import FORMATS
from audiorole.testing.series import write_series

EXTRA = {"push": "huggingface_hub", "chat": "starlette", "train": "torch"}
"""Command → a package that it does nothing without."""


@pytest.fixture
def out(tmp_path, shell):
    write_series(tmp_path / "in")
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    return tmp_path / "out"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does(shell, name):
    assert shell(name, "--help") == 0
    assert f"audiorole {name}" in shell.said
    assert len(shell.said.splitlines()) > 4


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_nonsense_is_2_and_no_traceback(shell, name):
    assert shell(name, "--nonsense") == 2
    assert "No such option" in shell.complained or "nonsense" in shell.complained


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"build", "models", "doctor", "listen", "sample", "init"}))
def test_a_folder_that_is_not_there_is_2(shell, tmp_path, name):
    more = {
        "train": ["--out", tmp_path / "run"],
        "evaluate": ["--out", tmp_path / "eval"],
        "explain": ["show/s01e01/u1"],
        "decide": ["undo"],
        "export": ["--as", "rttm"],
        "pack": ["--out", tmp_path / "p"],
        "rebuild": [tmp_path, "--out", tmp_path / "again"],
        "diff": [tmp_path],
        "push": ["me/lines", "--source", "us"],
    }.get(name, [])
    assert shell(name, tmp_path / "nowhere", *more) == 2
    absent = name in EXTRA and find_spec(EXTRA[name]) is None  # then that is said first
    assert ("audiorole[" if absent else "nowhere") in shell.complained


@pytest.mark.parametrize("name", sorted(RENAMED))
def test_an_old_word_answers_with_the_new_one(shell, name):
    assert shell(name, "out", "--as", "lhotse") == 2
    assert "audiorole export OUT --as" in shell.complained


def test_report(shell, out):
    (out / "report.html").unlink()
    assert shell("report", out) == 0
    assert (out / "report.html").is_file()


def test_explain(shell, out):
    assert shell("explain", out, "show/s01e01/u00001") == 0
    assert "Anna with probability" in shell.said
    assert shell("explain", out, "show/s01e01/u99999") == 2


def test_decide_and_review(shell, out):
    assert shell("decide", out, "label-line", "show/s01e01/u00002", "Cora") == 0
    assert "label_line show/s01e01/u00002 Cora" in shell.said
    assert shell("review", out, "--list", "2") == 0
    assert "12 lines" in shell.said
    assert shell("decide", out, "undo") == 0


def test_export_of_a_build(shell, out):
    for form in FORMATS.names():
        code = shell("export", out, "--as", form)
        if form in ("references", "qwen3-tts") and code:  # where no voice is clean and sure enough
            assert "No line is left" in shell.complained
        else:
            assert code == 0
            assert f"lines as {form}" in shell.said
            assert (out / form / "export.json").is_file()


def test_export_of_the_dataset_folder_lies_beside_it(shell, out, tmp_path):
    assert shell("export", out / "dataset", "--as", "rttm") == 0
    assert (out / "rttm").is_dir()
    shutil.copytree(out / "dataset", tmp_path / "mine")
    assert shell("export", tmp_path / "mine", "--as", "parquet") == 0
    assert (tmp_path / "mine-parquet" / "train").is_dir()


def test_export_says_what_it_left_out(shell, out):
    assert shell("export", out, "--as", "nemo", "--character", "Anna", "--min-duration", "0.5", "--split", "train") == 0
    assert "of 12 lines kept; left out:" in shell.said
    assert "other_character" in shell.said
    assert shell("export", out, "--as", "stm", "--character", "Anne") == 2
    assert "Did you mean 'Anna'" in shell.complained
    assert shell("export", out, "--as", "stm", "--tier", "Z") == 2
    assert "Known: A, B, C" in shell.complained
    assert shell("export", out, "--as", "stm", "--min-duration", "100") == 2
    assert "No line is left" in shell.complained
    assert not (out / "stm").exists()


def test_annotations_of_label_studio_come_back(shell, out, tmp_path):
    assert shell("export", out, "--as", "label-studio") == 0
    (task, *_) = json.loads((out / "label-studio" / "tasks.json").read_text())
    said = {"from_name": "text", "value": {"text": ["Quite another text."]}}
    (tmp_path / "a.json").write_text(json.dumps([{**task, "annotations": [{"completed_by": 1, "result": [said]}]}]))
    assert shell("decide", out, "label-studio", tmp_path / "a.json") == 0
    assert "1 annotations: 1 change something (1 decisions are new)" in shell.said
    assert shell("decide", out, "label-studio", out / "summary.json") == 2
    assert "is not an export of Label Studio" in shell.complained
    assert shell("decide", out, "label-studio") == 2


def test_export_lists_what_there_is(shell, out):
    assert shell("export", out) == 2
    assert "lhotse" in shell.complained
    assert "items" in shell.complained


def test_old_options_answer_with_the_new_ones(shell, out):
    assert shell("evaluate", out, "--export", "items") == 2
    assert "audiorole export" in shell.complained
    assert shell("export", out, "--form", "adapter") == 2
    assert "--as adapter" in shell.complained


def test_evaluate_plans(shell, out):
    assert shell("evaluate", out, "--dry-run") == 0
    assert "Anchors" in shell.said


def test_init_writes_a_cast_that_a_build_reads(shell, tmp_path):
    write_series(tmp_path / "in")
    assert shell("init", tmp_path / "in") == 0
    written = tomllib.loads((tmp_path / "in" / "cast.toml").read_text())
    assert [one["name"] for one in written["character"]] == ["Anna", "Ben", "Cora"]
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    before = (tmp_path / "in" / "cast.toml").read_bytes()
    assert shell("init", tmp_path / "in") == 0
    assert "is there already and stays as it is" in shell.complained
    assert "Every name that is shown is in it" in shell.complained
    assert (tmp_path / "in" / "cast.toml").read_bytes() == before


def test_init_beside_a_cast_says_what_it_lacks_and_whom_nothing_names(shell, tmp_path):
    write_series(tmp_path / "in")
    cast = '[[character]]\nname = "Annabel"\naliases = ["ANNA"]\n\n[[character]]\nname = "Benn"\n'
    (tmp_path / "in" / "cast.toml").write_text(cast)
    assert shell("init", tmp_path / "in") == 0
    assert "No subtitle or script names: Benn" in shell.complained
    assert [one["name"] for one in tomllib.loads(shell.said)["character"]] == ["Ben", "Cora"]
    assert shell.build(tmp_path / "in", tmp_path / "out", "--dry-run") == 0
    assert "cast.toml: Annabel (also ANNA), Benn" in shell.said


def test_init_asks_which_of_several_series(shell, tmp_path):
    write_series(tmp_path / "in" / "One", 1)
    write_series(tmp_path / "in" / "Two", 1)
    for path in (tmp_path / "in").rglob("Show.*"):
        path.rename(path.with_name(path.name.replace("Show", path.parent.name)))
    assert shell("init", tmp_path / "in") == 2
    assert "--series" in shell.complained
    assert shell("init", tmp_path / "in", "--series", "one", "--print") == 0


def test_models_and_compare(shell, tmp_path):
    assert shell("models", "list") == 0
    assert "silero" in shell.said
    assert shell("listen", "plan") == 0
    assert "listeners" in shell.said
