"""Every command line in the manual is one that `audiorole` understands: commands, options, recipes, settings, packs."""

from __future__ import annotations

import re

import click
import pytest

from audiorole.core.config import configure, with_settings
from audiorole.core.recipes import find_recipe
from audiorole.dataset.build import STAGE_REGISTRY
from audiorole.dataset.stages import STAGES
from audiorole.models.weights.catalogue import catalogue
from tests.docs.commands import CommandLine, command_lines, parsed
from tests.docs.manual import pages

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
    for stage, table in with_settings({}, settings).items():
        if stage in EXAMPLES:
            continue
        known = {name: value for name, value in table.items() if value != "…"}
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
