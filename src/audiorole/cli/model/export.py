"""`audiorole export`: a training run → a folder to pass on."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.training.backend import TRAINERS, Rights, backend_of_run


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new folder.")
@click.option("--form", default="adapter", show_default=True, help="What to write.")
@click.option("--source", required=True, help="Where the speech is from; goes into the model card.")
@click.option("--licence", required=True, help="Under which terms the model may be passed on; goes into the card.")
def command(run: Path, out: Path, form: str, source: str, licence: str) -> int:
    """Export the newest checkpoint of RUN, a folder of `audiorole train`, with its voices and a model card.

    adapter: LoRA weights alone; native: merged, for transformers; published: merged, in GLM-4-Voice's own layout
    (that base only).
    """
    card = TRAINERS.load(backend_of_run(run))().export(run, out, form, Rights(source, licence))
    click.echo(f"Exported to {out}. Model card: {card}")
    return 0
