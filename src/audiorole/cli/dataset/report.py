"""`audiorole report`: the page that shows a build."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from audiorole.report.dataset import write_report


@click.command("report")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--open", "open_", is_flag=True, help="Open the page in a browser.")
def command(out: Path, open_: bool) -> None:
    """Write OUT/report.html for the build in OUT (what was given to `audiorole build --out`).

    The page needs nothing but itself: send it, open it anywhere.
    """
    path = write_report(out)
    click.echo(f"Report: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if open_ and not webbrowser.open(path.resolve().as_uri()):
        click.echo("No browser could be opened.", err=True)
