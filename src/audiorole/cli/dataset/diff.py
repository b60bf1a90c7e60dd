"""`audiorole diff`: two datasets line by line."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.packing import diff
from audiorole.published.diff import TOLERANCE, DatasetDiff
from audiorole.report.diff import diff_sentence

FOLDER = click.Path(path_type=Path)


@click.command("diff")
@click.argument("first", type=FOLDER)
@click.argument("second", type=FOLDER)
@click.option("--tolerance", type=click.FloatRange(0, 60), default=TOLERANCE, show_default=True, help="Seconds.")
@click.option("--lines", type=click.IntRange(0), default=20, show_default=True, help="Lines to print; 0 prints none.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="Write every difference as JSON.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page.")
def command(first: Path, second: Path, tolerance: float, lines: int, as_json: Path | None, html: Path | None) -> int:
    """Compare two datasets, build folders or dataset folders, line by line: names, bounds, texts, splits.

    Lines are matched by their time in the episode, not by their ids. Exit code 0: nothing differs; 1: something does;
    2: a mistake in the call.
    """
    found = diff(first, second, tolerance=tolerance, json=as_json, html=html)
    _print(found, lines)
    return 0 if found.equal else 1


def _print(found: DatasetDiff, most: int) -> None:
    for change in found.changes[:most]:
        click.echo(diff_sentence(change))
    if most and len(found.changes) > most:
        click.echo(f"… and {len(found.changes) - most:,} more")
    for side, episodes in zip((found.first, found.second), found.only, strict=True):
        if episodes:
            click.echo(f"only {side} has {', '.join(episodes)}")
    for one in found.characters:
        if not one.before == one.after == one.kept:
            who = one.who or "someone else"
            click.echo(f"{who}: {one.before:,} lines, then {one.after:,}; {one.kept:,} are its own in both")
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items())
    told = f"{found.lines[0]:,} and {found.lines[1]:,} lines, {found.same:,} the same"
    click.echo(f"{told}{f'; {kinds}' if kinds else ''}.")
