"""`audiorole train`: dataset → a model that plays the characters."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.training import preview_training, train
from audiorole.cli.progress import command_line_progress
from audiorole.errors import ConfigError
from audiorole.training.backend import TrainResult


@click.command("train")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where checkpoints and the voice go.")
@click.option("--base", metavar="NAME", help="talker (the default) or glm-4-voice; wins over the recipe.")
@click.option("--recipe", metavar="NAME|FILE", help="talker, lora, qlora, full, or a TOML file with [train], [fit], …")
@click.option("--weights", type=click.Path(path_type=Path), help="GLM-4-Voice's folder; wins over the recipe.")
@click.option("--speech-tokenizer", type=click.Path(path_type=Path), help="GLM-4-Voice's speech tokenizer.")
@click.option("--decoder", type=click.Path(path_type=Path), help="GLM-4-Voice's speech decoder.")
@click.option("--character", "characters", multiple=True, help="Teach this character only; may be given again.")
@click.option("--set", "settings", multiple=True, metavar="TABLE.FIELD=VALUE", help="Set one field, e.g. fit.rank=64.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, how long it takes and with how much disk.")
@click.option("--backend", "old_word", hidden=True)
def command(
    dataset: Path,
    out: Path,
    base: str | None,
    recipe: str | None,
    weights: Path | None,
    speech_tokenizer: Path | None,
    decoder: Path | None,
    characters: tuple[str, ...],
    settings: tuple[str, ...],
    dry_run: bool,
    old_word: str | None,
) -> int:
    """Teach a base model the characters of DATASET, a folder that `audiorole build` made.

    Two bases: talker runs on a laptop and takes its weights from `audiorole models pull talker`; glm-4-voice wants a
    GPU and its three published folders (--recipe lora). Stop it at any time; the same command goes on where it was,
    token for token. On several GPUs start it with `torchrun --nproc-per-node N $(command -v audiorole) train …`.
    """
    if old_word:
        raise ConfigError(f"--backend is --base now: audiorole train {dataset} --out {out} --base {old_word}")
    given = {"weights": weights, "speech_tokenizer": speech_tokenizer, "decoder": decoder}
    parts = {key: value for key, value in given.items() if value}
    if dry_run:
        told = preview_training(
            dataset, out, base=base or "", recipe=recipe or "", settings=settings, characters=characters, **parts
        )
        click.echo("\n".join(told))
        return 0
    result = train(
        dataset, out, base=base or "", recipe=recipe or "", settings=settings, characters=characters,
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
    click.echo(f"Talk: audiorole chat --system {result.reference}")
    click.echo(f"Judge it: audiorole evaluate DATASET --system {result.reference} --out OUT")
