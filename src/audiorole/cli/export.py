"""`audiorole export`: pass on whatever a folder holds."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.exporting import export, export_forms
from audiorole.errors import ConfigError

FOLDER = click.Path(path_type=Path)


@click.command("export")
@click.argument("folder", type=FOLDER)
@click.option("--as", "form", default="", metavar="FORM", help="What to write; without it the forms are listed.")
@click.option("--out", "--to", type=FOLDER, help="The new folder; FOLDER/FORM where it is not given.")
@click.option("--source", default="", help="Of a trained run: where the speech is from; goes into the model card.")
@click.option("--licence", default="", help="Of a trained run: under which terms the model may be passed on.")
@click.option("--suite", default="", metavar="NAME|FILE", help="Of items: the evaluation suite that asks them.")
@click.option("--cast", type=FOLDER, help="Of items: cast.toml with the characters' genders.")
@click.option("--seeds", type=click.IntRange(1), help="Of items: replies per item; wins over the suite.")
@click.option("--form", "old_form", hidden=True)
def command(
    folder: Path,
    form: str,
    out: Path | None,
    source: str,
    licence: str,
    suite: str,
    cast: Path | None,
    seeds: int | None,
    old_form: str | None,
) -> int:
    """Write what FOLDER holds in a form for other tools or other people, into a new folder.

    \b
    a build or dataset    --as lhotse, nemo, rttm, webdataset: the same lines for other tools
                          --as items: contexts of an evaluation, for a system on another machine
    a trained run         --as adapter, native, published: weights, voices and a model card

    OUT/dataset itself is Parquet, which `datasets.load_dataset("parquet", data_dir="OUT/dataset")` opens as it is.
    """
    if old_form:
        raise ConfigError(f"--form is --as now: audiorole export {folder} --as {old_form}")
    if not form:
        raise ConfigError(f"Say what to write: --as {', '.join(export_forms(folder))}.")
    done = export(folder, form, out, source=source, licence=licence, suite=suite, cast=cast, seeds=seeds or 0)
    click.echo(f"{done.folder}: {f'{done.number:,} ' if done.number else ''}{done.what}")
    return 0
