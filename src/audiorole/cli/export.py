"""`audiorole export`: pass on whatever a folder holds."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.exporting import export, export_forms
from audiorole.errors import ConfigError
from audiorole.published.selection import Selection

FOLDER = click.Path(path_type=Path)


@click.command("export")
@click.argument("folder", type=FOLDER)
@click.option("--as", "form", default="", metavar="FORM", help="What to write; without it the forms are listed.")
@click.option("--out", "--to", type=FOLDER, help="The new folder; FOLDER/FORM where it is not given.")
@click.option("--character", "characters", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--tier", "tiers", multiple=True, metavar="A|B|C", help="Only lines of this quality; may be repeated.")
@click.option("--min-probability", type=click.FloatRange(0, 1), default=0.0, help="Of the name, at least.")
@click.option("--min-duration", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Of a line, at least.")
@click.option("--max-duration", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Of a line, at most.")
@click.option(
    "--balance", type=click.FloatRange(0), default=0.0, metavar="MINUTES", help="Of a character in a split, at most."
)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only train, validation or test; repeatable.")
@click.option("--source", default="", help="Of a trained run: where the speech is from; goes into the model card.")
@click.option("--licence", default="", help="Of a trained run: under which terms the model may be passed on.")
@click.option("--permission", default="", help="Of a trained run: who allowed that the voices are copied.")
@click.option("--suite", default="", metavar="NAME|FILE", help="Of items: the evaluation suite that asks them.")
@click.option("--cast", type=FOLDER, help="Of items: cast.toml with the characters' genders.")
@click.option("--seeds", type=click.IntRange(1), help="Of items: replies per item; wins over the suite.")
@click.option("--form", "old_form", hidden=True)
def command(
    folder: Path,
    form: str,
    out: Path | None,
    characters: tuple[str, ...],
    tiers: tuple[str, ...],
    min_probability: float,
    min_duration: float,
    max_duration: float,
    balance: float,
    splits: tuple[str, ...],
    source: str,
    licence: str,
    permission: str,
    suite: str,
    cast: Path | None,
    seeds: int | None,
    old_form: str | None,
) -> int:
    """Write what FOLDER holds in a form for other tools or other people, into a new folder.

    \b
    corpora       --as lhotse, nemo, webdataset, croissant, parquet
    who and when  --as rttm, stm, srt, ass, textgrid
    chat models   --as ms-swift, llama-factory
    voices        --as qwen3-tts, moshi, orpheus, ljspeech, references
    annotation    --as label-studio
    evaluation    --as items: contexts, for a system on another machine
    a trained run --as adapter, voices, native, published: weights, voices and a model card

    The options from --character to --split choose lines of a dataset, for each format alike; what is left out is said.
    OUT/dataset itself is Parquet, which `datasets.load_dataset("parquet", data_dir="OUT/dataset")` opens as it is.
    """
    if old_form:
        raise ConfigError(f"--form is --as now: audiorole export {folder} --as {old_form}")
    if not form:
        raise ConfigError(f"Say what to write: --as {', '.join(export_forms(folder))}.")
    selection = Selection(splits, characters, tiers, min_probability, min_duration, max_duration, balance)
    done = export(
        folder,
        form,
        out,
        selection=selection,
        source=source,
        licence=licence,
        permission=permission,
        suite=suite,
        cast=cast,
        seeds=seeds or 0,
    )
    click.echo(f"{done.folder}: {f'{done.number:,} ' if done.number else ''}{done.what}")
    for note in done.report.notes if done.report else ():
        click.echo(f"note: {note}")
    return 0
