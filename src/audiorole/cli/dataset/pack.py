"""`audiorole pack`: what may be passed on of a dataset, in one file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from audiorole.api.packing import pack
from audiorole.cli.progress import command_line_progress


@click.command("pack")
@click.argument("build", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new file, such as show.pack.")
@click.option("--with-text", is_flag=True, help="Let everybody read the texts: only where you may pass them on.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="all cores")
def command(build: Path, out: Path, with_text: bool, workers: int) -> int:
    """Write a rebuild pack of BUILD, the folder that `audiorole build` made.

    It holds spans, names, evidence, quality, decisions and splits, a sound print of each episode, and seals of the
    texts: no audio, and nothing to read. Whoever has the same episodes makes the same dataset of it with
    `audiorole rebuild`.
    """
    made = pack(build, out, with_text=with_text, workers=workers, progress=command_line_progress())
    hours = made.seconds / 3600
    told = f"{made.lines:,} lines of {made.episodes} episodes, {made.size / 1e3:,.0f} kB"
    each = f"{made.size / 1e3 / hours:,.0f} kB per hour of media"
    click.echo(f"{made.path}: {told} ({each}, {made.print_bytes / 1e3 / hours:,.0f} of them sound prints).")
    click.echo("Its texts can be READ by everybody." if with_text else "No audio and no readable text are in it.")
    return 0
