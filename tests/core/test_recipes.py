from __future__ import annotations

import subprocess
import sys

import pytest

from audiorole.core.config import read_recipe
from audiorole.core.recipes import find_recipe, shipped_recipes
from audiorole.errors import InputError, UnknownNameError


def test_the_shipped_recipes_go_by_name_and_by_what_they_are_for() -> None:
    assert set(shipped_recipes("build")) == {"best", "english", "fast", "gpu", "strict"}
    assert {"eval-small", "eval-single-turn"} <= set(shipped_recipes("eval"))
    assert {"train-lora", "train-talker"} <= set(shipped_recipes("train"))
    assert read_recipe("fast", "build") == {"validate": {"scorer": "", "transcriber": ""}}
    assert find_recipe("small", "eval") == find_recipe("eval-small")
    assert find_recipe("lora", "train").name == "train-lora.toml"


def test_a_file_wins_over_a_name(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast").write_text("[embed]\nstep = 1.0\n")
    (tmp_path / "mine.toml").write_text("[embed]\nstep = 2.0\n")
    assert read_recipe("fast", "build") == {"embed": {"step": 1.0}}
    assert read_recipe(tmp_path / "mine.toml") == read_recipe("mine.toml") == {"embed": {"step": 2.0}}


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("fats", "build", "Unknown recipe 'fats'. Did you mean 'fast'? Known: best, english, fast, gpu, strict."),
        ("train-lora", "build", "Unknown recipe 'train-lora'"),
        ("singel-turn", "eval", "Known: eval-multi-turn, eval-reference, eval-single-turn, eval-small."),
        ("", "build", "Unknown recipe ''"),
        (".", "build", "Unknown recipe '.'"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(given, kind, said, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError) as raised:
        read_recipe(given, kind)
    assert said in str(raised.value)


@pytest.mark.parametrize("given", ["recipes/fast.toml", "fast.toml", "/nowhere/fast.toml"])
def test_a_path_that_leads_nowhere_says_which_name_would_do(given, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="one of that name ships with audiorole: fast"):
        read_recipe(given, "build")


def test_every_command_takes_a_name(tmp_path) -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "audiorole", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stderr

    assert "Known: best, english, fast, gpu, strict." in said("build", ".", "--out", "o", "--recipe", "quick")
    assert "Known: train-full, train-lora" in said("train", ".", "--out", "o", "--recipe", "quick")
