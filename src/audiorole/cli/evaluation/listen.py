"""`audiorole listen`: blind listening tests."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from audiorole.evaluation.listening.analyse import ListeningResult, analyse
from audiorole.evaluation.listening.make import make_listening_test
from audiorole.evaluation.listening.power import listeners_needed
from audiorole.evaluation.results.results import read_results

FOLDER = click.Path(path_type=Path)


@click.group("listen")
def command() -> None:
    """Make a blind listening test of an evaluation's replies, and analyse what listeners send back."""


@command.command("make")
@click.argument("dataset", type=FOLDER)
@click.argument("out", type=FOLDER)
@click.option("--system", "systems", multiple=True, help="System of the evaluation; default: all under test, and gold.")
@click.option("--page", type=FOLDER, default=Path("listening.html"), show_default=True)
@click.option("--key", type=FOLDER, default=Path("listening-key.json"), show_default=True, help="Keep it to yourself.")
@click.option("--items", type=click.IntRange(1), default=24, show_default=True)
@click.option("--blocks", type=click.IntRange(1), default=8, show_default=True, help="Listeners are spread over them.")
def make(dataset: Path, out: Path, systems: tuple[str, ...], page: Path, key: Path, items: int, blocks: int) -> int:
    """Make the test from the evaluation OUT of DATASET: an HTML page, and the sealed key.

    Many clips lie in a folder beside the page. It says what preference such a test finds, and in what it is too small.
    """
    made = make_listening_test(dataset, out, page, key, systems, items, blocks)
    heard = len({stimulus.item for stimulus in made.key.codes.values()})
    screens, names = len(made.key.blocks[0]), ", ".join(made.key.systems)
    click.echo(f"{page}: {screens} screens a block, {blocks} blocks, {heard} items of {names}.")
    if made.clips:
        click.echo(f"{made.clips}: {made.size / 1e6:.1f} MB of clips; pass the page on together with this folder.")
    click.echo(f"{key}: keep it closed until the answers are in.")
    for note in made.notes:
        click.echo(note, err=note.startswith("TOO"))
    return 0


@command.command("analyse")
@click.argument("key", type=FOLDER)
@click.argument("sessions", nargs=-1, required=True, type=FOLDER)
@click.option("--evaluation", type=FOLDER, help="Evaluation folder whose metrics are held against the listeners.")
@click.option("--json", "as_json", type=FOLDER, help="Write the whole analysis here.")
def analyse_sessions(key: Path, sessions: tuple[Path, ...], evaluation: Path | None, as_json: Path | None) -> int:
    """Rank the systems by the SESSIONS that listeners saved."""
    results = read_results(evaluation) if evaluation else None
    found = analyse(key, sessions, results, evaluation)
    if as_json:
        as_json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    _print(found)
    return 0


@command.command("plan")
@click.option("--share", type=click.FloatRange(0, 1), default=0.6, show_default=True, help="Preference to be found.")
def plan(share: float) -> int:
    """Say how many listeners and items find a preference of --share with 80 % power."""
    for items in (6, 12, 24, 48):
        listeners = listeners_needed(share, items).listeners
        click.echo(f"{items:>3} items a pair: {listeners or 'no number of'} listeners")
    return 0


def _print(found: ListeningResult) -> None:
    click.echo(f"{found.listeners} listeners, {found.votes} votes, {found.ties:.0%} ties.")
    for note in found.notes:
        click.echo(note, err=True)
    for listener, reason in found.excluded.items():
        click.echo(f"left out {listener}: {reason}")
    for one in found.strengths:
        click.echo(f"{one.system:<24} strength {one.value:+.2f}  ({one.low:+.2f} … {one.high:+.2f})")
    for name, means in (("MOS", found.mos), ("MUSHRA", found.mushra)):
        for mean in means:
            click.echo(f"{name} {mean.system:<20} {mean.mean:.2f}  ({mean.low:.2f} … {mean.high:.2f})")
    for task, alpha in found.alpha.items():
        click.echo(f"Krippendorff's alpha, {task}: {'–' if alpha is None else f'{alpha:.2f}'}")
    for one_metric in found.correlations:
        click.echo(f"{one_metric.metric:<18} Spearman {one_metric.by_system}  Kendall by vote {one_metric.by_vote}")
