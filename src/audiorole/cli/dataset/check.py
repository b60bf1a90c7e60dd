"""`audiorole check`: whether a build holds what it wrote."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.dataset.result.check import check


@click.command("check")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--full/--quick", default=True, help="Hash every file, or compare sizes and times alone.")
def command(out: Path, full: bool) -> int:
    """Verify every file that a build stored in OUT.

    What is damaged is named and counts as not finished: the same `audiorole build` computes it again. Exit code 0: all
    as it was written; 1: something is damaged.
    """
    found = check(out, full)
    for problem in found.problems:
        click.echo(problem)
    how = "hashed" if full else "compared by size and time"
    click.echo(f"{found.files:,} files ({found.size / 1e9:.2f} GB) {how}, {len(found.problems)} damaged.")
    if found.problems:
        click.echo("Run the same audiorole build again: it makes them anew.")
    return 1 if found.problems else 0
