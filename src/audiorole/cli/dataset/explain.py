"""`audiorole explain`: why a line has its character."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.datasets import explain


@click.command("explain")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("line")
def command(out: Path, line: str) -> None:
    """Print the evidence for the character of LINE (an id such as show/s01e02/u00042) in the build OUT."""
    click.echo(explain(out, line))
