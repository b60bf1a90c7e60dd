"""`audiorole evaluate`: dataset × systems → scores, checks, report."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import msgspec

from audiorole.cli.progress import RichProgress, command_line_progress
from audiorole.core.progress import Progress
from audiorole.errors import ConfigError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.hearing.models import model_names, models_of, open_listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.judge.recipe import JudgeRecipe, read_judge
from audiorole.evaluation.offline import answer_items, write_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.results.results import Results, summed_up
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.results.tables import results_table
from audiorole.evaluation.run.entrants import Entrant, entrants, open_system
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.forget import forget
from audiorole.evaluation.run.judging import judge_run
from audiorole.evaluation.run.parallel import Pool, hear_ahead
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import Suite, load_suite, with_ears_for
from audiorole.evaluation.systems.folder import read_made_for
from audiorole.models.requirements import absent_models, missing_sentence, require_models
from audiorole.report.evaluation import write_evaluation_report

STORE = "heard.sqlite"


@dataclass(frozen=True)
class _Call:
    """What the command line asks for."""

    dataset: Path
    corpus: Corpus
    suite: Suite
    chosen: list[Entrant]
    out: Path
    workers: int
    judge: JudgeRecipe | None


@click.command("evaluate")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--system", "systems", multiple=True, metavar="[LABEL=]NAME[@LOCATION]",
    help="folder@DIR, callable@module:function, worker@FILE.py, http@URL, cascade@FILE.toml, minicpm-o, "
    "glm-4-voice@RUN, small@RUN",
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
@click.option(
    "--export", type=click.Path(path_type=Path), help="Write the items as a folder for another machine, and stop."
)
@click.option("--dry-run", is_flag=True, help="Say what would be asked; do nothing.")
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
    export: Path | None,
    dry_run: bool,
) -> int:
    """Measure role-play systems on DATASET, a folder that `audiorole build` made; the anchors always run beside them.

    Stop it at any time; the same command goes on where it was. Exit code 0: all well; 1: a metric ordered the anchors
    wrongly or a gate missed what it is for, so the scores are not to be believed; 2: a mistake in the call.

    With --export FOLDER the items are written for a system elsewhere. There, `audiorole evaluate FOLDER --system …`
    only asks, and keeps the replies in FOLDER/replies/LABEL; back here they are --system folder@FOLDER/replies/LABEL.
    """
    if read_made_for(dataset):
        return _answer(dataset, entrants(systems, anchors=False))
    chosen = entrants(systems)
    for one in chosen:
        _ = one.content  # a folder that is not there is said now, not after minutes of hearing
    if not dry_run and not export:
        _check(chosen, out, again)
    corpus = open_published(dataset, cast)
    suite = load_suite(suite_name, **({"seeds": seeds} if seeds else {}))
    spoken = Counter(line.language for line in corpus.lines.values())
    suite = with_ears_for(suite, spoken.most_common(1)[0][0] if spoken else "")
    if dry_run:
        _print_plan(chosen, suite)
        return 0
    if export:
        return _export(corpus, suite, export)
    if out is None:
        raise ConfigError("Where shall the results go? Name a folder: --out OUT (or --export FOLDER for the items).")
    require_models(models_of(suite.models))
    forget(out, *again)
    judge = read_judge(judge_path) if judge_path else None
    call = _Call(dataset, corpus, suite, chosen, out, workers, judge)
    results = _run(call, command_line_progress())
    page = write_evaluation_report(out, results, corpus.audio)
    _print_results(results, page)
    return 0 if results.passed else 1


def _check(chosen: list[Entrant], out: Path | None, again: tuple[str, ...]) -> None:
    """Raise where a system that is left to ask cannot be asked: now, not after minutes of hearing."""
    finished = summed_up(out) - set(again) if out else frozenset()
    for one in chosen:
        if one.name not in finished:
            one.check()


def _run(call: _Call, progress: Progress) -> Results:
    """Prepare, ask, score, judge and add up."""
    listener = partial(open_listener, call.suite.models, call.out / STORE)
    items = build_items(call.corpus, call.suite)
    if call.workers > 1:
        hear_ahead(call.corpus, items, call.suite, call.workers, listener)
    models = model_names(call.suite.models)
    evaluation = Evaluation.prepare(call.corpus, call.suite, listener(), models, items)
    pool = Pool(evaluation, call.workers, listener) if call.workers > 1 else nullcontext(None)
    try:
        with pool as scoring:
            evaluate(evaluation, call.chosen, call.out, progress, scoring=scoring)
    finally:
        if isinstance(progress, RichProgress):
            progress.close()
    results = summarise(evaluation, call.chosen, call.out)  # before the judge: the run is summed up whatever it does
    return _judged(call, evaluation, results)


def _judged(call: _Call, evaluation: Evaluation, results: Results) -> Results:
    """Return the results with what the judge says, written where it says something."""
    if call.judge is None:
        return results
    names = [one.name for one in call.chosen if not one.anchor]
    judged = msgspec.structs.replace(results, judge=judge_run(evaluation, names, call.out, call.judge))
    judged.write(call.out)
    return judged


def _export(corpus: Corpus, suite: Suite, folder: Path) -> int:
    about = write_items(corpus, suite, build_items(corpus, suite), folder)
    click.echo(f"{folder}: {about.items} items × {about.seeds} seeds of suite {about.suite}, without their targets.")
    click.echo(f"Elsewhere: audiorole evaluate {folder} --system LABEL=NAME@LOCATION, or any program that writes")
    click.echo(f"{folder / 'replies' / 'LABEL'}/<item id>.<seed>.wav (and .txt). Back here: --system LABEL=folder@….")
    return 0


def _answer(folder: Path, chosen: list[Entrant]) -> int:
    """Ask systems for the items of an exported folder; nothing is scored, the targets are elsewhere."""
    if not chosen:
        raise ConfigError(f"{folder} holds exported items: name a system to answer them, --system LABEL=NAME@LOCATION.")
    for entrant in chosen:
        entrant.check()
    for entrant in chosen:
        system = open_system(entrant.reference)
        try:
            statuses = Counter(note.status for note in answer_items(folder, system, entrant.name))
        finally:
            system.close()
        counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
        click.echo(f"{folder / 'replies' / entrant.name}: {counts}")
    return 0


def _print_plan(chosen: list[Entrant], suite: Suite) -> None:
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
