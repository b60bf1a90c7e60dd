"""`audiorole train`: dataset → a model that plays the characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audiorole.cli.progress import command_line_progress
from audiorole.core.config import read_recipe, with_settings
from audiorole.errors import ConfigError
from audiorole.evaluation.published import open_published
from audiorole.training.backend import DEFAULT, TRAINERS, TrainerBackend, TrainResult, mark_run


@click.command("train")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where checkpoints and the voice go.")
@click.option("--recipe", metavar="NAME|FILE", help="small, lora, qlora, full, or a TOML file with [train], [fit], …")
@click.option("--backend", metavar="NAME", help="Which base model: glm-4-voice or small; wins over the recipe.")
@click.option("--base", type=click.Path(path_type=Path), help="The base model's folder; wins over the recipe.")
@click.option("--speech-tokenizer", type=click.Path(path_type=Path), help="GLM-4-Voice's speech tokenizer.")
@click.option("--decoder", type=click.Path(path_type=Path), help="GLM-4-Voice's speech decoder.")
@click.option("--character", "characters", multiple=True, help="Teach this character only; may be given again.")
@click.option("--set", "settings", multiple=True, metavar="TABLE.FIELD=VALUE", help="Set one field, e.g. fit.rank=64.")
def command(
    dataset: Path,
    out: Path,
    recipe: str | None,
    backend: str | None,
    base: Path | None,
    speech_tokenizer: Path | None,
    decoder: Path | None,
    characters: tuple[str, ...],
    settings: tuple[str, ...],
) -> int:
    """Teach a base model the characters of DATASET, a folder that `audiorole build` made.

    Two bases: glm-4-voice wants its three published folders (--recipe lora), small wants none
    (--recipe small). Stop it at any time; the same command goes on where it was, token for token. On several
    GPUs start it with `torchrun --nproc-per-node N $(command -v audiorole) train …`.
    """
    tables = with_settings(read_recipe(recipe, "train") if recipe else {}, settings)
    given = {"base": base, "speech_tokenizer": speech_tokenizer, "decoder": decoder}
    chosen: dict[str, Any] = {key: str(value) for key, value in given.items() if value}
    train = tables.get("train", {}) | chosen | ({"characters": characters} if characters else {})
    name = backend or train.pop("backend", DEFAULT)
    train.pop("backend", None)
    trainer: TrainerBackend = TRAINERS.load(name)()
    unknown = sorted(set(tables) - set(trainer.tables))
    if unknown:
        raise ConfigError(f"A recipe for {name} has no table [{unknown[0]}]. Known: {', '.join(trainer.tables)}.")
    mark_run(out, name)
    corpus = open_published(dataset)
    tables = {**tables, "train": train}
    _print_result(trainer.train(tables, corpus.lines.values(), corpus.audio, out, command_line_progress()))
    return 0


def _print_result(result: TrainResult) -> None:
    click.echo(f"{result.examples:,} dialogues, {result.fit.steps:,} steps: {result.fit.checkpoint}")
    for reason, count in result.dropped.items():
        click.echo(f"  left out {count:,}: {reason}")
    for name, value in result.fit.perplexity.items():
        click.echo(f"  perplexity {name}: {value:.2f}")
    click.echo(f"Hear it: audiorole evaluate DATASET --system {result.reference} --out OUT")
