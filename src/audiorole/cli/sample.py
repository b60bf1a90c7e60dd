"""`audiorole sample`: the bundled series, to try everything on."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.sample import write_sample


@click.command("sample")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Write a series of three short episodes into FOLDER, to try everything on: 2 MB, CC0, made for this project."""
    written = write_sample(folder)
    size = sum(path.stat().st_size for path in written)
    click.echo(f"{len(written)} files, {size / 1e6:.1f} MB in {folder}. Build it: audiorole build {folder} --out OUT")
    return 0
