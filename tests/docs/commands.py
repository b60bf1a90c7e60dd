"""Command lines of the manual, taken out of its pages and parsed as `audiorole` would, without being run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from audiorole.cli.main import cli
from tests.docs.manual import blocks

ELLIPSIS = "…"


@dataclass(frozen=True)
class CommandLine:
    """One command line. whole: nothing was left out of it with an ellipsis or by naming the command only."""

    page: str
    text: str
    whole: bool

    @property
    def words(self) -> list[str]:
        """What stands behind `audiorole`."""
        words = shlex.split(self.text, comments=True)[1:]
        before = ["", *words]
        return [word for at, word in enumerate(words) if word != ELLIPSIS or before[at].startswith("--")]


def command_lines(page: Path) -> Iterator[CommandLine]:
    """Yield the command lines of a page: those of its blocks and those in its sentences."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(text, "console", "bash", "sh", ""):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.search(r"(?:^|[\s(])audiorole(?:\)|\s)(?=\s*[\w-])(.*)", line):
                yield _line(page, f"audiorole {found[1]}", in_block=True)
    prose = re.sub(r"^(`{3,}).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"(?<!`)`(audiorole [^`]+)`(?!`)", prose):
        yield _line(page, span, in_block=False)


def _line(page: Path, text: str, in_block: bool) -> CommandLine:
    return CommandLine(page.name, text.strip(), in_block and ELLIPSIS not in text)


def parsed(line: CommandLine) -> tuple[click.Command, dict[str, object]]:
    """Return the command that a line calls and what it is given.

    Raises UsageError for a command, an option or a number of arguments that does not exist. Files need not.
    """
    group, words = cli, line.words
    names: list[str] = []
    context = click.Context(group, info_name="audiorole")
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        found = group.get_command(context, words[0])
        if found is None:
            raise click.UsageError(f"No such command {words[0]!r}")
        names.append(words[0])
        group, words = found, words[1:]
        context = click.Context(group, info_name=names[-1], parent=context)
    values, left, _ = group.make_parser(context).parse_args(list(words))
    if left:
        raise click.UsageError(f"Got unexpected extra arguments {left}")
    if line.whole:
        _complete(group, values)
    return group, values


def _complete(command: click.Command, values: dict[str, object]) -> None:
    """Raise MissingParameter where a line that is said whole lacks what its command needs."""
    for parameter in command.params:
        given = values.get(parameter.name or "")
        if parameter.required and not (isinstance(given, str | tuple) and given):
            raise click.MissingParameter(param=parameter)
