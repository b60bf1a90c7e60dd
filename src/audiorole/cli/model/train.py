"""`audiorole train`: dataset → a model that plays the characters."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.voices import train
from audiorole.cli.progress import command_line_progress
from audiorole.training.backend import TrainResult


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
    given = {"base": base, "speech_tokenizer": speech_tokenizer, "decoder": decoder}
    parts = {key: value for key, value in given.items() if value}
    result = train(
        dataset, out, backend=backend or "", recipe=recipe or "", settings=settings, characters=characters,
        progress=command_line_progress(), **parts,
    )  # fmt: skip
    _print_result(result)
    return 0


def _print_result(result: TrainResult) -> None:
    click.echo(f"{result.examples:,} dialogues, {result.fit.steps:,} steps: {result.fit.checkpoint}")
    for reason, count in result.dropped.items():
        click.echo(f"  left out {count:,}: {reason}")
    for name, value in result.fit.perplexity.items():
        click.echo(f"  perplexity {name}: {value:.2f}")
    click.echo(f"Hear it: audiorole evaluate DATASET --system {result.reference} --out OUT")
