"""`audiorole evaluate`: dataset × systems → scores, checks, report."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from audiorole.api.evaluations import evaluate
from audiorole.cli.progress import RichProgress, command_line_progress
from audiorole.errors import ConfigError, UserError
from audiorole.evaluation.api import EvaluationCall, OpenedCall, answer_exported, open_call
from audiorole.evaluation.hearing.models import models_of
from audiorole.evaluation.results.headline import headline
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.tables import results_table
from audiorole.evaluation.systems.folder import read_made_for
from audiorole.models.requirements import absent_models, missing_sentence


@click.command("evaluate")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--system", "systems", multiple=True, metavar="[LABEL=]NAME[@LOCATION]",
    help="folder@DIR, callable@module:function, worker@FILE.py, http@URL, cascade@FILE.toml, minicpm-o, "
    "glm-4-voice@RUN, talker@RUN",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Where rows, results and report go.")
@click.option(
    "--suite", "--recipe", "suite_name", metavar="NAME|FILE",
    help="single-turn, multi-turn, small, reference, or a TOML file.",
)  # fmt: skip
@click.option("--cast", type=click.Path(path_type=Path), help="cast.toml with the characters' genders.")
@click.option("--seeds", type=click.IntRange(1), help="Replies per item; wins over the suite.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that hear and score.")
@click.option("--judge", "judge_path", type=click.Path(path_type=Path), help="TOML file with an LLM judge of content.")
@click.option("--again", multiple=True, metavar="LABEL", help="Forget this system's replies and ask it anew.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked; do nothing.")
@click.option("--export", "old_export", type=click.Path(path_type=Path), hidden=True)
def command(
    dataset: Path,
    systems: tuple[str, ...],
    out: Path | None,
    suite_name: str | None,
    cast: Path | None,
    seeds: int | None,
    workers: int,
    judge_path: Path | None,
    again: tuple[str, ...],
    dry_run: bool,
    old_export: Path | None,
) -> int:
    """Measure role-play systems on DATASET, a folder that `audiorole build` made; the anchors always run beside them.

    Stop it at any time; the same command goes on where it was. Exit code 0: all well; 1: a metric ordered the anchors
    wrongly or a gate missed what it is for, so the scores are not to be believed; 2: a mistake in the call.

    The items can go to a system elsewhere: `audiorole export DATASET --as items --out FOLDER`. There, `audiorole
    evaluate FOLDER --system …` only asks, and keeps the replies in FOLDER/replies/LABEL; back here they are --system
    folder@FOLDER/replies/LABEL.
    """
    if old_export:
        raise UserError(f"Items are exported by: audiorole export {dataset} --as items --out {old_export}")
    if read_made_for(dataset):
        return _answer(dataset, systems)
    if dry_run:
        _print_plan(open_call(EvaluationCall(dataset, Path(), systems, suite_name or "", cast, seeds or 0)))
        return 0
    if out is None:
        raise ConfigError("Where shall the results go? Name a folder: --out OUT.")
    progress = command_line_progress()
    try:
        results = evaluate(
            dataset, systems, out, suite=suite_name or "", cast=cast, seeds=seeds or 0, workers=workers,
            judge=judge_path, again=again, progress=progress,
        )  # fmt: skip
    finally:
        if isinstance(progress, RichProgress):
            progress.close()
    _print_results(results, out / "report.html")
    return 0 if results.passed else 1


def _answer(folder: Path, systems: tuple[str, ...]) -> int:
    """Ask systems for the items of an exported folder; nothing is scored, the targets are elsewhere."""
    for label, statuses in answer_exported(folder, systems):
        counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
        click.echo(f"{folder / 'replies' / label}: {counts}")
    return 0


def _print_plan(ready: OpenedCall) -> None:
    chosen, suite = ready.chosen, ready.suite
    asked = suite.items.num_roles * suite.items.items_per_role
    tested = [one.reference for one in chosen if not one.anchor]
    click.echo(f"Suite {suite.name}#{suite.hash}: up to {asked} items of up to {suite.items.num_roles} roles.")
    click.echo(
        f"Anchors: {sum(one.anchor for one in chosen)}, one reply an item. Systems: {', '.join(tested) or 'none'}."
    )
    click.echo(f"Replies asked of each system: up to {asked * suite.seeds}.")
    models = {name: reference for name, reference in msgspec.structs.asdict(suite.models).items() if reference}
    click.echo(f"Models: {', '.join(f'{name} {reference}' for name, reference in models.items())}.")
    if missing := absent_models(models_of(suite.models)):
        click.echo(missing_sentence(missing))


def _print_results(results: Results, page: Path) -> None:
    click.echo(results.signature)
    click.echo(headline(results))
    click.echo(results_table(results))
    if results.off:
        click.echo(f"Off: {', '.join(f'{name} (no {senses})' for name, senses in results.off.items())}.")
    for check in results.checks:
        if not check.passed:
            click.echo(f"FAILED {check.subject}: {check.what} ({check.better} against {check.worse})", err=True)
    if results.judge:
        verdict = "passed" if results.judge.exam.passed else "FAILED, nothing it says counts"
        click.echo(f"Judge {results.judge.judge}: entry exam {verdict}; {results.judge.calls} calls.")
        if results.judge.failed:
            click.echo(
                f"{results.judge.failed} calls had no answer, each a lost vote: {results.judge.problem}", err=True
            )
    click.echo(f"Report: {page}")
