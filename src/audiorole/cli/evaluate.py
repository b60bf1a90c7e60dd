"""`audiorole evaluate`: dataset × systems → scores, checks, report."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import msgspec

from audiorole.cli.progress import RichProgress, command_line_progress
from audiorole.core.progress import Progress
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.published import open_published
from audiorole.evaluation.run.evaluate import Entrant, Evaluation, entrants, evaluate
from audiorole.evaluation.run.results import Results
from audiorole.evaluation.run.summarise import summarise
from audiorole.evaluation.suite import Suite, load_suite, with_ears_for
from audiorole.evaluation.tables import results_table
from audiorole.report.evaluation import write_evaluation_report


@click.command("evaluate")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--system", "systems", multiple=True, metavar="[LABEL=]NAME[@LOCATION]",
    help="folder@DIR, callable@module:function, worker@FILE.py, http@URL, cascade@FILE.toml, minicpm-o, glm-4-voice@…",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where rows, results and report go.")
@click.option("--suite", "suite_path", type=click.Path(path_type=Path), help="TOML file with the suite.")
@click.option("--cast", type=click.Path(path_type=Path), help="cast.toml with the characters' genders.")
@click.option("--seeds", type=click.IntRange(1), help="Replies per item; wins over the suite.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked; do nothing.")
def command(
    dataset: Path,
    systems: tuple[str, ...],
    out: Path,
    suite_path: Path | None,
    cast: Path | None,
    seeds: int | None,
    dry_run: bool,
) -> int:
    """Measure role-play systems on DATASET, a folder that `audiorole build` made; the anchors always run beside them.

    Stop it at any time; the same command goes on where it was. Exit code 0: all well; 1: a metric ordered the anchors
    wrongly or a gate missed what it is for, so the scores are not to be believed; 2: a mistake in the call.
    """
    chosen = entrants(systems)
    corpus = open_published(dataset, cast)
    suite = load_suite(suite_path, **({"seeds": seeds} if seeds else {}))
    spoken = Counter(line.language for line in corpus.lines.values())
    suite = with_ears_for(suite, spoken.most_common(1)[0][0] if spoken else "")
    if dry_run:
        _print_plan(chosen, suite)
        return 0
    listener = open_listener(suite.models, out / "heard.sqlite")
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(suite.models))
    results = _run(evaluation, chosen, out, command_line_progress())
    page = write_evaluation_report(out, results, corpus.audio)
    _print_results(results, page)
    return 0 if results.passed else 1


def _run(evaluation: Evaluation, chosen: list[Entrant], out: Path, progress: Progress) -> Results:
    try:
        evaluate(evaluation, chosen, out, progress)
    finally:
        if isinstance(progress, RichProgress):
            progress.close()
    return summarise(evaluation, chosen, out)


def _print_plan(chosen: list[Entrant], suite: Suite) -> None:
    asked = suite.items.num_roles * suite.items.items_per_role
    tested = [one.reference for one in chosen if not one.anchor]
    click.echo(f"Suite {suite.name}#{suite.hash}: up to {asked} items of up to {suite.items.num_roles} roles.")
    click.echo(
        f"Anchors: {sum(one.anchor for one in chosen)}, one reply an item. Systems: {', '.join(tested) or 'none'}."
    )
    click.echo(f"Replies asked of each system: up to {asked * suite.seeds}.")
    click.echo(f"Models: {', '.join(f'{name} {value}' for name, value in msgspec.to_builtins(suite.models).items())}.")


def _print_results(results: Results, page: Path) -> None:
    click.echo(results.signature)
    click.echo(results_table(results))
    for check in results.checks:
        if not check.passed:
            click.echo(f"FAILED {check.subject}: {check.what} ({check.better} against {check.worse})", err=True)
    click.echo(f"Report: {page}")
