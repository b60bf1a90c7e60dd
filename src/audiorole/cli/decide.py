"""`audiorole decide`: write down what a person knows about voices, lines and characters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

import click

from audiorole.dataset.identity import append_decision, decisions_file
from audiorole.errors import UserError
from audiorole.naming.decisions import Decision, Kind, decide, decode_log, undo

KINDS = tuple(kind.replace("_", "-") for kind in get_args(Kind) if kind not in ("undo", "split_voice"))


@click.command("decide")
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("kind", type=click.Choice([*KINDS, "undo"]))
@click.argument("subject", default="")
@click.argument("value", default="")
def command(out: Path, kind: str, subject: str, value: str) -> None:
    """Append a decision to OUT; the next build names every line anew, without touching audio.

    \b
    audiorole decide OUT name-voice voice_01 Marigold      a voice is a character
    audiorole decide OUT merge-voices voice_07 voice_01    two voices are one
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
        decision = decide(cast(Kind, kind.replace("-", "_")), subject, value, at=now)
    append_decision(out, decision)
    click.echo(f"{decision.id}: {decision.kind} {decision.subject} {decision.value}".rstrip())


def _last(out: Path, wanted: str) -> Decision:
    """Return the decision called `wanted`, or the last that stands."""
    path = decisions_file(out)
    log = decode_log(path.read_bytes(), str(path)) if path.exists() else []
    undone = {decision.subject for decision in log if decision.kind == "undo"}
    standing = [d for d in log if d.kind != "undo" and d.id not in undone and wanted in ("", d.id)]
    if not standing:
        raise UserError(f"There is no decision to take back in {out}." if not wanted else f"No decision {wanted!r}.")
    return standing[-1]
