"""`audiorole compare`: evaluations made under one signature, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.evaluation.compare import compare_runs
from audiorole.evaluation.tables import comparison_table


@click.command("compare")
@click.argument("outs", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(outs: tuple[Path, ...]) -> int:
    """Compare every system in the evaluations OUTS, paired per character, on the two primary metrics.

    Exit code 2 where two of them have different signatures: their numbers do not compare.
    """
    compared = compare_runs(outs)
    click.echo(compared.signature)
    click.echo(comparison_table(compared))
    return 0
