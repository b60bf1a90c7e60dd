"""A command on a machine that has the core install alone: it works, or says in one sentence which extra it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from audiorole.cli.main import COMMANDS
from audiorole.core.extras import EXTRAS, missing_extra

HIDE = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(EXTRAS)}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from audiorole.cli.main import main
sys.argv = ["audiorole", *sys.argv[1:]]
main()
"""
SERVING = {"chat"}
"""Commands whose every use wants an extra."""


def core_install(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HIDE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in SERVING])
def test_the_help_of_every_command_needs_no_extra(name: str) -> None:
    done = core_install(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"audiorole {name}" in done.stdout.replace("-c", "audiorole")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chat", "out/dataset"), r"pip install 'audiorole[review]'."),
        (("chat", "--system", "talker@run"), r"pip install 'audiorole[review]'."),
        (("build", ".", "--out", "out", "--runner", "ray"), r"pip install 'audiorole[ray]'."),
        (("train", "out/dataset", "--out", "run", "--base", "talker"), r"pip install 'audiorole[train]'."),
    ],
)
def test_a_missing_extra_is_one_sentence_that_names_it(arguments: tuple[str, ...], said: str) -> None:
    done = core_install(*arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_package_of_no_extra_is_a_defect_and_not_hidden() -> None:
    assert missing_extra(ModuleNotFoundError("", name="audiorole.nothing"), "x") is None
    assert missing_extra(ModuleNotFoundError(""), "x") is None
