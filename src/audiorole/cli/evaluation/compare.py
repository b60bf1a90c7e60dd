"""`audiorole compare`: evaluations made under one signature, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.evaluations import compare
from audiorole.evaluation.results.headline import headline
from audiorole.evaluation.results.tables import comparison_table


@click.command("compare")
@click.argument("outs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--page", type=click.Path(path_type=Path), help="Write an HTML page with all of them side by side, too.")
def command(outs: tuple[Path, ...], page: Path | None) -> int:
    """Compare every system in the evaluations OUTS, paired per character, on the two primary metrics.

    Exit code 2 where two of them have different signatures: their numbers do not compare.
    """
    compared = compare(outs, page)
    if page:
        click.echo(f"Page: {page}", err=True)
    click.echo(compared.signature)
    click.echo(headline(compared))
    click.echo(comparison_table(compared))
    return 0
