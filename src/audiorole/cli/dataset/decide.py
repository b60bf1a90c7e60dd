"""`audiorole decide`: write down what a person knows about voices, lines and characters."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from audiorole.dataset.build import finished_plan
from audiorole.dataset.names.decision_file import append_decision, merge_log, now, read_log, reviewer
from audiorole.errors import UserError
from audiorole.naming.answers.decisions import Decision, Kind, decide, last_standing, undo
from audiorole.review.checking import KINDS, checked, known_of
from audiorole.review.session import Answer

WORDS = [kind.replace("_", "-") for kind in KINDS]


@click.command("decide")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("kind", type=click.Choice([*WORDS, "undo", "merge-log"]))
@click.argument("subject", default="")
@click.argument("value", default="")
@click.option("--random", is_flag=True, help="Of label-line: chance drew the line, so it counts towards the accuracy.")
@click.option("--line", "lines", multiple=True, help="Of split-voice: a line that moves to the voice VALUE.")
@click.option("--new", is_flag=True, help="The name is new and right, however like a known one it looks.")
@click.option("--as", "who", default="", metavar="NAME", help="Who decides; otherwise the user of this machine.")
def command(
    out: Path, kind: str, subject: str, value: str, random: bool, lines: tuple[str, ...], new: bool, who: str
) -> None:
    """Append a decision to OUT; the next build names every line anew, without touching audio.

    \b
    audiorole decide OUT name-voice voice_01 Marigold      a voice is a character
    audiorole decide OUT merge-voices voice_07 voice_01    two voices are one
    audiorole decide OUT split-voice voice_01 voice_01b --line show/s01e02/u00042
    audiorole decide OUT label-line show/s01e02/u00042 Otis
    audiorole decide OUT rename "Small Fish" Max
    audiorole decide OUT undo                              take your last decision back
    audiorole decide OUT merge-log OTHER.jsonl             take another reviewer's decisions in
    """
    who = who or reviewer()
    if kind == "merge-log":
        _merge(out, subject)
        return
    if kind == "undo":
        decision = undo(_last(out, subject, who), now(), who)
    elif not subject:
        raise UserError(f"{kind} needs a subject: audiorole decide OUT {kind} SUBJECT VALUE.")
    else:
        decision = _decision(out, Answer(kind.replace("-", "_"), subject, value.strip(), lines, random, new=new), who)
    for note in append_decision(out, decision):
        click.echo(f"note: {note}")
    click.echo(f"{decision.id}: {decision.kind} {decision.subject} {decision.value}".rstrip())


def _decision(out: Path, asked: Answer, who: str) -> Decision:
    """Return the decision, its names checked against the build. Raises UserError."""
    known = known_of(finished_plan(out), out)
    asked = checked(asked, known)
    guess = known.lines[asked.subject] if asked.random and asked.kind == "label_line" else None
    kind = cast(Kind, asked.kind)
    return decide(kind, asked.subject, asked.value, asked.lines, now(), asked.random, who=who, guess=guess)


def _last(out: Path, wanted: str, who: str) -> Decision:
    """Return the decision called `wanted`, or the last one of `who` that stands."""
    found = last_standing(read_log(out), wanted, None if wanted else who)
    if found is None:
        raise UserError(
            f"There is no decision of {who or 'yours'} to take back in {out}."
            if not wanted
            else f"No decision {wanted!r}."
        )
    return found


def _merge(out: Path, other: str) -> None:
    if not other:
        raise UserError("merge-log needs the other log: audiorole decide OUT merge-log OTHER.jsonl.")
    count, clashes, notes = merge_log(out, Path(other))
    for note in notes:
        click.echo(f"note: {note}")
    for clash in clashes:
        click.echo(f"conflict on {clash}")
    click.echo(f"{count} decisions taken in, {len(clashes)} conflicts. Settle a conflict by deciding again.")
