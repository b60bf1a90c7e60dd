"""`audiorole publish`: a finished build in another format."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.published.lines import publish_as


@click.command("publish")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--as", "format_", required=True, metavar="FORMAT", help="lhotse, nemo, rttm or webdataset.")
@click.option("--to", type=click.Path(path_type=Path), help="The new folder; OUT/FORMAT where it is not given.")
def command(out: Path, format_: str, to: Path | None) -> None:
    """Write the dataset of the build OUT once more in another format.

    OUT/dataset itself is Parquet, which `datasets.load_dataset("parquet", data_dir="OUT/dataset")` opens as it is.
    """
    folder = to or out / format_
    number = publish_as(out, format_, folder)
    click.echo(f"{number:,} lines as {format_} in {folder}")
