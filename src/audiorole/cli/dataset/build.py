"""`audiorole build`: media → dataset."""

from __future__ import annotations

import os
from pathlib import Path

import click

from audiorole.api.datasets import build, plan
from audiorole.cli.progress import command_line_progress
from audiorole.core.progress import duration_text
from audiorole.dataset.build import BuildResult
from audiorole.dataset.estimate import Estimate
from audiorole.dataset.result.folder import DATASET, read_published
from audiorole.dataset.result.summary import Summary
from audiorole.models import substitutes
from audiorole.models.devices import CUDA, DEVICES


@click.command("build")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where dataset, report and state go.")
@click.option(
    "--recipe",
    default="",
    metavar="NAME|FILE",
    help="fast, strict, english, gpu, best, or a TOML file with a table per stage.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="STAGE.FIELD=VALUE", help="Set one field; wins over the recipe."
)
@click.option(
    "--label-precision",
    type=click.FloatRange(0, 1),
    help="Keep only lines whose name is expected to be right at least this often, e.g. 0.98.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    help="Where models run; auto (the default, unless the recipe says otherwise) takes a GPU that can be used.",
)
@click.option("--runner", default="local", show_default=True, help="Where work runs: local or ray.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="all cores",
    help="Processes (or Ray actors) that work at once; each takes up to 1.5 GB.",
)
@click.option("--address", default="", help="Ray cluster to join (auto, ray://…); empty starts a local one.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would be done, how long it takes and how much disk; do nothing."
)
def command(
    folder: Path,
    out: Path,
    recipe: str,
    settings: tuple[str, ...],
    label_precision: float | None,
    device: str | None,
    runner: str,
    workers: int,
    address: str,
    dry_run: bool,
) -> int:
    """Build a dataset from FOLDER (or one media file) into --out.

    Subtitles (.srt .ass .vtt …), scripts (NAME: line) and a cast.toml are used where they lie beside the media.
    Stop it at any time; the same command goes on where it was. Exit code 0: all well; 1: finished, but some episodes
    are quarantined with a reason; 2: a mistake in the call.
    """
    precision = label_precision
    if dry_run:
        _print_estimate(
            plan(
                folder, out, recipe=recipe, settings=settings, label_precision=precision, device=device or "",
                workers=workers,
            )
        )  # fmt: skip
        return 0
    try:
        result = build(
            folder, out, recipe=recipe, settings=settings, label_precision=precision, device=device or "",
            runner=runner, workers=workers, address=address, progress=command_line_progress(),
        )  # fmt: skip
    except BaseException:
        if read_published(out).files and (out / DATASET).is_dir():
            click.echo(f"{out / DATASET} is the old one: what an earlier build published is still there.", err=True)
        raise
    _print_result(result, out / "report.html")
    return result.exit_code


def _print_estimate(found: Estimate) -> None:
    click.echo(f"{found.episodes} episodes, {duration_text(found.seconds)} of media; nothing was written.")
    for stage in found.stages:
        click.echo(
            f"  {stage.name:<10} {stage.todo:>5} to do, {stage.cached:>5} cached   about {duration_text(stage.cpu)} CPU"
        )
    workers = f"{found.workers} worker{'s' if found.workers > 1 else ''}"
    click.echo(f"About {duration_text(found.wall)} with {workers}; {found.disk / 1e9:.2f} GB of disk in all.")
    for path, reason in found.problems:
        click.echo(f"  not usable: {path}: {reason}")
    _print_some([str(episode) for episode in found.previews], "episodes")
    _print_some(list(found.casts), "cast files")
    _print_some([f"not used: {left.path}: {left.reason}" for left in found.left], "files that would not be used")
    for note in found.notes:
        click.echo(note)


MOST_SENTENCES = 10
MOST_PREVIEWS = 200


def _print_some(sentences: list[str], what: str) -> None:
    for sentence in sentences[:MOST_PREVIEWS]:
        click.echo(sentence)
    if len(sentences) > MOST_PREVIEWS:
        click.echo(f"… and {len(sentences) - MOST_PREVIEWS} more {what}.")


def _print_sentences(found: list[str], what: str) -> None:
    for sentence in found[:MOST_SENTENCES]:
        click.echo(sentence)
    if len(found) > MOST_SENTENCES:
        click.echo(f"{len(found) - MOST_SENTENCES} more {what} are in the report.")


def _print_unused(summary: Summary) -> None:
    """Name every stream, track and file that was not used, an episode at a time, then those of no episode."""
    of_episodes = [
        f"not used for {episode.id}: {text}" for episode in summary.episodes for text in episode.inputs.unused
    ]
    of_none = [f"not used: {path}: {reason}" for path, reason in summary.unused.items()]
    _print_sentences([*of_episodes, *of_none], "unused files and tracks")


def _print_fallbacks(summary: Summary) -> None:
    """Say last of all which episodes have their words from speech recognition although subtitles are there."""
    found = [(episode.id, episode.inputs) for episode in summary.episodes if episode.inputs.fallback]
    sentences = [
        f"{shard}: {inputs.fallback}; its lines come from speech recognition"
        + (f", named by {inputs.script}." if inputs.script else ".")
        for shard, inputs in found
    ]
    _print_sentences(sentences, "such episodes")


def _print_result(result: BuildResult, report: Path) -> None:
    run = result.run
    for skip in result.scan.skipped:
        click.echo(f"skipped {skip.path}: {skip.reason}")
    for text in result.notes:
        click.echo(f"note: {text}")
    for note in run.quarantined:
        click.echo(f"quarantined {note.shard} at {note.stage}: {note.error}")
    if sentence := substitutes(result.plan.models()):
        click.echo(sentence)
    if placed := [stage.name for stage in result.plan.stages if getattr(stage, "device", "") == CUDA]:
        click.echo(f"Models ran on the GPU in: {', '.join(placed)}.")
    for episode, name in result.summary.older.items():
        click.echo(f"dataset/{name} is the old one: {episode} could not be built now, and an earlier build had it.")
    warned = [(episode.id, text) for episode in result.summary.episodes for text in episode.warnings]
    _print_sentences([f"note on {episode}: {text}" for episode, text in warned], "notes")
    _print_unused(result.summary)
    computed, cached = sum(run.computed.values()), sum(run.cached.values())
    click.echo(f"{result.num_lines:,} lines in the dataset ({computed} stage runs, {cached} from before).")
    click.echo(f"Report: {report}")
    _print_fallbacks(result.summary)
