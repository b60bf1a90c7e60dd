"""Every command line in the manual is one that `audiorole` understands: commands, options, recipes, settings, packs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import click
import pytest

from audiorole.core.config import configure, with_settings
from audiorole.core.recipes import find_recipe
from audiorole.dataset.build import STAGE_REGISTRY
from audiorole.dataset.stages import STAGES
from audiorole.models.weights.catalogue import catalogue
from tests.docs.commands import CommandLine, command_lines, parsed
from tests.docs.manual import GUIDE, code, pages, table

LINES = [line for page in pages() for line in command_lines(page)]
EXAMPLES = {"whisper"}
"""Stages that a page shows how to write."""
KINDS = {"build": "build", "evaluate": "eval", "train": "train"}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.page}: {line.text[:60]}")
def test_a_command_line_is_understood(line):
    command, values = parsed(line)
    for option in ("recipe", "suite"):
        given = str(values.get(option) or "")
        if re.fullmatch(r"[a-z][a-z-]*", given):
            assert find_recipe(given, KINDS[str(command.name)])
    if command.name == "build":
        settings = values.get("settings")
        check_settings(settings if isinstance(settings, tuple | list) else [])
    if command.name == "pull":
        names = values.get("names")
        assert catalogue().select(names if isinstance(names, tuple) else ())


def check_settings(settings):
    for stage, fields in with_settings({}, settings).items():
        if stage in EXAMPLES:
            continue
        known = {name: value for name, value in fields.items() if value != "…"}
        configure(STAGE_REGISTRY.load(stage), known, stage)


def test_there_are_many_and_the_straight_line_is_among_them():
    said = {line.text.split()[1] for line in LINES}
    assert len(LINES) > 80
    assert {"init", "build", "explain", "decide", "review", "export", "evaluate", "compare", "train", "chat"} <= said


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("audiorole biuld FOLDER --out OUT", "No such command"),
        ("audiorole build FOLDER --ouput OUT", "No such option"),
        ("audiorole build FOLDER OTHER --out OUT", "extra"),
        ("audiorole models fetch base", "No such command"),
        ("audiorole explain OUT", "Missing"),
    ],
)
def test_a_line_that_is_not_understood_is_found(text, wrong):
    with pytest.raises(click.UsageError, match=wrong):
        parsed(CommandLine("page", text, whole=True))


SETTING = re.compile(rf"`({'|'.join(STAGES)})\.([a-z_]+)(?:=([^`]*))?`")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_setting_in_a_sentence_exists(page):
    for stage, name, value in SETTING.findall(page.read_text(encoding="utf-8")):
        if name != "py":
            fields = STAGE_REGISTRY.load(stage).__dataclass_fields__
            assert name in fields, f"{stage}.{name}"
            check_settings([f"{stage}.{name}={value}"] if value else [])


COMPLETION = (GUIDE / "command-line.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_completion_that_is_documented_is_what_the_shell_gets(name):
    (row,) = (row for row in table(COMPLETION, "shell") if row[0].startswith(name))
    variable = re.search(r"_AUDIOROLE_COMPLETE=(\w+_source)", row[2])
    assert variable
    done = audiorole_with({"_AUDIOROLE_COMPLETE": variable[1]})
    assert f"_AUDIOROLE_COMPLETE={name}_complete" in done


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("audiorole bu", {"build"}),
        ("audiorole build --label", {"--label-precision"}),
        ("audiorole models p", {"pull"}),
        ("audiorole decide out name", {"name-voice"}),
    ],
)
def test_the_tab_key_in_bash(typed, offered, command_folder):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    (row,) = (row for row in table(COMPLETION, "shell") if row[0].startswith("bash"))
    typed_so_far = " ".join(typed.split())
    script = (
        f"{code(row[2])}\nCOMP_WORDS=({typed_so_far}); COMP_CWORD={len(typed.split()) - 1}\n"
        '_audiorole_completion audiorole; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{command_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


PROGRAM = "import sys; sys.argv[0] = 'audiorole'; from audiorole.cli.main import main; main()"


@pytest.fixture
def command_folder(tmp_path):
    """A folder with `audiorole` as an installation has it."""
    command = tmp_path / "audiorole"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{PROGRAM}" "$@"\n')
    command.chmod(0o755)
    return tmp_path


def audiorole_with(variables):
    """Run `audiorole` as a shell does while it starts, and return what it printed."""
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
