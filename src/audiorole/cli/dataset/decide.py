"""`audiorole decide`: write down what a person knows about voices, lines and characters."""

from __future__ import annotations

from pathlib import Path

import click

from audiorole.api.annotations import take_annotations
from audiorole.api.deciding import decide, merge_decisions
from audiorole.errors import UserError
from audiorole.review.checks.checking import KINDS

WORDS = [kind.replace("_", "-") for kind in KINDS]


@click.command("decide")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("kind", type=click.Choice([*WORDS, "undo", "merge-log", "label-studio"]))
@click.argument("subject", default="")
@click.argument("value", default="")
@click.option("--random", is_flag=True, help="Of label-line: chance drew the line, so it counts towards the accuracy.")
@click.option("--line", "lines", multiple=True, help="Of split-voice: a line that moves to the voice VALUE.")
@click.option("--from", "start", type=float, help="Of add-line and edit-bounds: where the line begins, in seconds.")
@click.option("--to", "end", type=float, help="Where it ends.")
@click.option("--new", is_flag=True, help="The name is new and right, however like a known one it looks.")
@click.option("--as", "who", default="", metavar="NAME", help="Who decides; otherwise the user of this machine.")
def command(
    out: Path, kind: str, subject: str, value: str, random: bool, lines: tuple[str, ...], new: bool, who: str,
    start: float | None, end: float | None,
) -> None:  # fmt: skip
    """Append a decision to OUT; the next build names every line anew, and corrects those lines that were corrected.

    \b
    audiorole decide OUT name-voice voice_01 Marigold      a voice is a character
    audiorole decide OUT merge-voices voice_07 voice_01    two voices are one
    audiorole decide OUT split-voice voice_01 voice_01b --line show/s01e02/u00042
    audiorole decide OUT label-line show/s01e02/u00042 Otis
    audiorole decide OUT rename "Small Fish" Max
    audiorole decide OUT edit-text show/s01e02/u00042 "I never said that."
    audiorole decide OUT edit-bounds show/s01e02/u00042 --from 71.2 --to 73.9
    audiorole decide OUT mark-overlap show/s01e02/u00042 yes
    audiorole decide OUT remove-line show/s01e02/u00042
    audiorole decide OUT add-line show/s01e02 "Wait!" --from 74.1 --to 74.6
    audiorole decide OUT undo                              take your last decision back
    audiorole decide OUT merge-log OTHER.jsonl             take another reviewer's decisions in
    audiorole decide OUT label-studio EXPORT.json          take annotations of Label Studio in
    """
    if kind == "label-studio":
        _take_annotations(out, subject, who)
        return
    if kind == "merge-log":
        _merge(out, subject)
        return
    span = _span(start, end)
    found = decide(out, kind, subject, value, lines=lines, random=random, new=new, who=who, span=span)
    for note in found.notes:
        click.echo(f"note: {note}")
    decision = found.decision
    click.echo(f"{decision.id}: {decision.kind} {decision.subject} {decision.value}".rstrip())


def _span(start: float | None, end: float | None) -> tuple[float, float] | None:
    if (start is None) != (end is None):
        raise UserError("Bounds are two: --from SECONDS and --to SECONDS.")
    return None if start is None or end is None else (start, end)


def _take_annotations(out: Path, file: str, who: str) -> None:
    if not file:
        raise UserError("label-studio needs the export: audiorole decide OUT label-studio EXPORT.json.")
    taken = take_annotations(out, file, who)
    for conflict in taken.conflicts:
        click.echo(f"conflict on {conflict}")
    for reason, count in taken.left_out.items():
        click.echo(f"left out {count}: {reason}")
    click.echo(
        f"{taken.annotations} annotations: {taken.taken} change something ({taken.decisions} decisions are new), "
        f"{taken.unchanged} change nothing, {sum(taken.left_out.values())} left out."
    )


def _merge(out: Path, other: str) -> None:
    if not other:
        raise UserError("merge-log needs the other log: audiorole decide OUT merge-log OTHER.jsonl.")
    merged = merge_decisions(out, other)
    for note in merged.notes:
        click.echo(f"note: {note}")
    for conflict in merged.conflicts:
        click.echo(f"conflict on {conflict}")
    click.echo(f"{merged.count} decisions taken in, {len(merged.conflicts)} conflicts. Settle one by deciding again.")
