"""`audiorole init`: the cast.toml that a folder suggests."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from audiorole.api.suggesting import suggest_cast
from audiorole.dataset.input.suggest import SeriesSuggestion, compared
from audiorole.errors import ConfigError

MOST_NAMES = 12


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--series", default="", help="Which series, where FOLDER holds several.")
@click.option("--print", "printed", is_flag=True, help="Print the file instead of writing FOLDER/cast.toml.")
def command(folder: Path, series: str, printed: bool) -> int:
    """Look at FOLDER, say who is named in its subtitles and scripts and how often, and write the cast.toml it suggests.

    A cast.toml that is there already is never overwritten: what it does not name yet is printed instead, and which of
    its characters nothing names.
    """
    found = _chosen(suggest_cast(folder), series)
    _say(found)
    if found.cast and not printed:
        return _beside(found)
    if printed or not folder.is_dir():
        click.echo(found.toml)
        return 0
    target = folder / "cast.toml"
    target.write_text(found.toml, encoding="utf-8")
    click.echo(f"Wrote {target}: correct it, then run audiorole build {shlex.quote(str(folder))} --out OUT")
    return 0


def _beside(found: SeriesSuggestion) -> int:
    """Print what a cast file that is there could still take up."""
    new, silent = compared(found)
    click.echo(f"{found.cast} is there already and stays as it is.", err=True)
    if silent:
        click.echo(f"No subtitle or script names: {', '.join(silent)}", err=True)
    click.echo("Names that are not in it yet:\n" if new.names else "Every name that is shown is in it.", err=True)
    if new.names:
        click.echo(new.toml)
    return 0


def _chosen(found: list[SeriesSuggestion], series: str) -> SeriesSuggestion:
    names = [one.series for one in found]
    if series and series not in names:
        raise ConfigError(f"There is no series {series!r}. Known: {', '.join(names)}.")
    if not series and len(found) > 1:
        raise ConfigError(f"The folder holds several series, choose one with --series: {', '.join(names)}.")
    return next(one for one in found if series in ("", one.series))


def _say(found: SeriesSuggestion) -> None:
    click.echo(f"{found.series}: {found.episodes} episodes, {len(found.names)} names.", err=True)
    for one in found.names[:MOST_NAMES]:
        click.echo(f"  {one.name:<24} {one.subtitles:>5} lines in subtitles, {one.scripts:>5} in scripts", err=True)
    if len(found.names) > MOST_NAMES:
        click.echo(f"  and {len(found.names) - MOST_NAMES} more in the file", err=True)
    for problem in found.unread:
        click.echo(f"  not read: {problem}", err=True)
