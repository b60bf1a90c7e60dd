"""`audiorole train`: dataset → a model that plays the characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audiorole.cli.progress import command_line_progress
from audiorole.core.config import configure, read_recipe, with_settings
from audiorole.errors import ConfigError
from audiorole.evaluation.published import open_published
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.run import GlmTraining, TrainResult, read_options

TABLES = ("train", "fit", "decoder")


@click.command("train")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where checkpoints and the voice go.")
@click.option("--recipe", type=click.Path(path_type=Path), help="TOML file with [train], [fit] and [decoder].")
@click.option("--base", type=click.Path(path_type=Path), help="GLM-4-Voice's folder; wins over the recipe.")
@click.option("--speech-tokenizer", type=click.Path(path_type=Path), help="Folder of the speech tokenizer.")
@click.option("--decoder", type=click.Path(path_type=Path), help="Folder of the speech decoder.")
@click.option("--character", "characters", multiple=True, help="Teach this character only; may be given again.")
@click.option("--set", "settings", multiple=True, metavar="TABLE.FIELD=VALUE", help="Set one field, e.g. fit.rank=64.")
def command(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    base: Path | None,
    speech_tokenizer: Path | None,
    decoder: Path | None,
    characters: tuple[str, ...],
    settings: tuple[str, ...],
) -> int:
    """Teach GLM-4-Voice the characters of DATASET, a folder that `audiorole build` made.

    Stop it at any time; the same command goes on where it was, token for token. On several GPUs start it with
    `torchrun --nproc-per-node N $(command -v audiorole) train …`.
    """
    tables = with_settings(read_recipe(recipe) if recipe else {}, settings)
    unknown = sorted(set(tables) - set(TABLES))
    if unknown:
        raise ConfigError(f"A training recipe has no table [{unknown[0]}]. Known: {', '.join(TABLES)}.")
    given = {"base": base, "speech_tokenizer": speech_tokenizer, "decoder": decoder, "characters": characters}
    chosen: dict[str, Any] = {key: value for key, value in given.items() if value}
    options = read_options(tables.get("train", {}) | chosen)
    fit = configure(FitPlan, tables.get("fit", {}), "fit")
    voices = configure(DecoderPlan, tables.get("decoder", {}), "decoder")
    corpus = open_published(dataset)
    run = GlmTraining(options, corpus.lines.values(), corpus.audio, out)
    _print_result(run.run(fit, voices, command_line_progress()))
    return 0


def _print_result(result: TrainResult) -> None:
    click.echo(f"{result.examples:,} dialogues, {result.fit.steps:,} steps: {result.fit.checkpoint}")
    for reason, count in result.dropped.items():
        click.echo(f"  left out {count:,}: {reason}")
    for name, value in result.fit.perplexity.items():
        click.echo(f"  perplexity {name}: {value:.2f}")
    click.echo(f"Hear it: audiorole evaluate DATASET --system {result.reference} --out OUT")
