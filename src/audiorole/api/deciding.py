"""What people know about voices and lines: write it down, and see the names that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.build import finished_plan
from audiorole.dataset.names.decision_file import append_decision, merge_log, now, read_log, reviewer
from audiorole.errors import UserError
from audiorole.naming.answers.decisions import Decision, last_standing, undo
from audiorole.review.checks.answer import Answer
from audiorole.review.checks.checking import checked, decision_of, known_of
from audiorole.review.session import ReviewSession


@dataclass(frozen=True)
class Decided:
    """A decision that is in the log. notes: what was mended in the log on the way."""

    decision: Decision
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MergedLog:
    """Another reviewer's decisions, taken in. conflicts: what both decided, differently."""

    count: int
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


def decide(
    out: str | Path,
    kind: str,
    subject: str = "",
    value: str = "",
    *,
    lines: Iterable[str] = (),
    random: bool = False,
    new: bool = False,
    who: str = "",
    span: tuple[float, float] | None = None,
) -> Decided:
    """Append a decision to the log of the build `out`; the next build names every line anew, without touching audio.

    kind: `name-voice`, `merge-voices`, `split-voice`, `label-line`, `rename`, `merge-characters`, or `undo` (of the
    decision called `subject`, else the last one of `who`). Of a line itself: `edit-text` (value: the text),
    `edit-bounds` (span), `mark-overlap` (value: yes or no), `remove-line`, and `add-line` (subject: the episode, value:
    the text, span; the decision's subject is the id of the new line). span: start and end in seconds of the episode.
    random: chance drew the line, so it counts towards the accuracy. new: the name is right, however like a known one
    it looks. who: decides; the user of this machine if "".
    Raises UserError for a voice, line or name that the build does not know.
    """
    who = reviewer(who)
    if kind == "undo":
        decision = undo(_last(Path(out), subject, who), now(), who)
    elif not subject:
        raise UserError(f"{kind} needs a subject: audiorole decide OUT {kind} SUBJECT VALUE.")
    else:
        asked = Answer(kind.replace("-", "_"), subject, value.strip(), tuple(lines), random, new=new, span=span)
        known = known_of(finished_plan(Path(out)), Path(out))
        decision = decision_of(checked(asked, known), known, who)
    written, notes = append_decision(Path(out), decision)
    return Decided(written, tuple(notes))


def decide_all(out: str | Path, answers: Iterable[Answer], who: str = "") -> list[Decision]:
    """Append many decisions of one person, such as an import's, each checked; the build is read once.

    Returns them as they were written. Raises UserError at the first that cannot be decided; those before it stand.
    """
    home, who = Path(out), reviewer(who)
    known = known_of(finished_plan(home), home)
    written = []
    for answer in answers:
        decision, _ = append_decision(home, decision_of(checked(answer, known), known, who))
        known = known.after(decision)
        written.append(decision)
    return written


def merge_decisions(out: str | Path, other: str | Path) -> MergedLog:
    """Take the decisions of another reviewer's log into that of the build `out`. Raises InputError for a bad log."""
    count, conflicts, notes = merge_log(Path(out), Path(other))
    return MergedLog(count, tuple(map(str, conflicts)), tuple(notes))


def name(out: str | Path, series: str = "") -> dict[str, tuple[str, float]]:
    """Name a series of the build `out` anew, with the decisions as they stand; nothing is written, no audio is read.

    Returns line id → (character, probability); "" stands for someone outside the cast. series: where `out` holds
    several. Raises UserError where it has no such series.
    """
    return ReviewSession(Path(out), series).names()


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
