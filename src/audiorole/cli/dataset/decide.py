"""`audiorole decide`: write down what a person knows about voices, lines and characters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

import click

from audiorole.dataset.names.identity import append_decision, read_log
from audiorole.errors import UserError
from audiorole.naming.answers.decisions import Decision, Kind, decide, last_standing, undo

KINDS = tuple(kind.replace("_", "-") for kind in get_args(Kind) if kind != "undo")


@click.command("decide")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("kind", type=click.Choice([*KINDS, "undo"]))
@click.argument("subject", default="")
@click.argument("value", default="")
@click.option("--random", is_flag=True, help="Of label-line: chance drew the line, so it counts towards the accuracy.")
@click.option("--line", "lines", multiple=True, help="Of split-voice: a line that moves to the voice VALUE.")
def command(out: Path, kind: str, subject: str, value: str, random: bool, lines: tuple[str, ...]) -> None:
    """Append a decision to OUT; the next build names every line anew, without touching audio.

    \b
    audiorole decide OUT name-voice voice_01 Marigold      a voice is a character
    audiorole decide OUT merge-voices voice_07 voice_01    two voices are one
    audiorole decide OUT split-voice voice_01 voice_01b --line show/s01e02/u00042
    audiorole decide OUT label-line show/s01e02/u00042 Otis
    audiorole decide OUT rename "Small Fish" Max
    audiorole decide OUT undo                              take the last decision back
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if kind == "undo":
        decision = undo(_last(out, subject), at=now)
    elif not subject:
        raise UserError(f"{kind} needs a subject: audiorole decide OUT {kind} SUBJECT VALUE.")
    else:
        decision = decide(cast(Kind, kind.replace("-", "_")), subject, value, lines, now, random)
    append_decision(out, decision)
    click.echo(f"{decision.id}: {decision.kind} {decision.subject} {decision.value}".rstrip())


def _last(out: Path, wanted: str) -> Decision:
    """Return the decision called `wanted`, or the last that stands."""
    found = last_standing(read_log(out), wanted)
    if found is None:
        raise UserError(f"There is no decision to take back in {out}." if not wanted else f"No decision {wanted!r}.")
    return found
