"""`audiorole rebuild`: a dataset again, from a pack and your own copies of the episodes."""

from __future__ import annotations

import os
from pathlib import Path

import click

from audiorole.api.packing import rebuild
from audiorole.cli.progress import command_line_progress
from audiorole.dataset.pack.rebuilding import RebuildReport, RebuildResult, total_texts

TOLD = {
    "exact": "as packed",
    "same_words": "the same words",
    "own": "another wording of your subtitles",
    "heard": "heard",
    "none": "without a text",
}


@click.command("rebuild")
@click.argument("pack", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where dataset, report and state go.")
@click.option("--set", "settings", multiple=True, metavar="STAGE.FIELD=VALUE", help="Set one field of a stage.")
@click.option("--runner", default="local", show_default=True, help="Where work runs: local or ray.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="all cores")
@click.option("--address", default="", help="Ray cluster to join (auto, ray://…); empty starts a local one.")
def command(
    pack: Path, folder: Path, out: Path, settings: tuple[str, ...], runner: str, workers: int, address: str
) -> int:
    """Make the dataset of PACK from your own copies of the episodes in FOLDER, with their subtitles beside them.

    Files are recognised by their sound, whatever they are called. Lines that a copy has not, and files that are other
    episodes or dubs, are named. Texts come from your subtitles; `--set restore.transcriber=whisper` hears the others.
    Exit code 0: every episode came back; 1: some did not; 2: a mistake in the call.
    """
    result = rebuild(
        pack, folder, out, settings=settings, runner=runner, workers=workers, address=address,
        progress=command_line_progress(),
    )  # fmt: skip
    _print(result, out)
    return result.exit_code


def _print(result: RebuildResult, out: Path) -> None:
    report = result.report
    for sentence in report.problems:
        click.echo(sentence)
    for note in result.run.quarantined:
        click.echo(f"quarantined: {note.shard} at {note.stage}: {note.error}")
    for one in report.episodes:
        left = ", ".join(f"{count} {reason}" for reason, count in one.dropped.items())
        speed = "" if abs(one.rate - 1) < 1e-4 else f", at {1 / one.rate:.4f} times the speed"
        told = f"{one.id}: {one.restored} of {one.lines} lines from {one.media}{speed}"
        click.echo(f"{told}, {one.agreement:.0%} of the print{f' ({left})' if left else ''}")
    click.echo(f"{report.restored:,} of {report.lines:,} lines in {out / 'dataset'}; {_texts(report)}.")
    same = sum(one.same_sound for one in report.episodes)
    click.echo(f"{same:,} lines sound sample for sample as the packed ones.")


def _texts(report: RebuildReport) -> str:
    counts = total_texts(report.episodes)
    return "texts: " + ", ".join(f"{count:,} {TOLD[name]}" for name, count in counts.items() if count)
