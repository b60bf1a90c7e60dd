"""The log of decisions as bytes and as a whole: torn lines, two reviewers' logs in one, and what random lines say.

A torn line is one whose end never reached the disk; it was never answered for, so it is left out and said. A line that
is whole but does not match its own digest was altered, and nothing guesses what it said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from audiorole.errors import InputError
from audiorole.naming.answers.corrections import YES
from audiorole.naming.answers.decisions import Decision, Identities, made_again, replay, standing

_STARTS = re.compile(rb'(?=\{"id":)')
"""Where a decision begins: what was glued behind a torn line can be told from it."""


@dataclass(frozen=True)
class DecisionLog:
    """decisions: in their order; notes: a sentence per torn line that was left out."""

    decisions: list[Decision]
    notes: list[str]


def read_rows(data: bytes, source: str = "decisions") -> DecisionLog:
    """Return what a log holds. Raises InputError, with the line, where a whole line is no decision or was altered."""
    log = DecisionLog([], [])
    for number, row in enumerate(data.split(b"\n"), 1):
        ended = number <= data.count(b"\n")
        if row.strip(b"\0 \t\r"):
            _read_row(row, ended, number, source, log)
    return log


def _read_row(row: bytes, ended: bool, number: int, source: str, log: DecisionLog) -> None:
    if isinstance(found := _decision(row), Decision):
        log.decisions.append(found)
        return
    pieces = [piece for piece in _STARTS.split(row) if piece]
    whole = [decision for piece in pieces if isinstance(decision := _decision(_trimmed(piece)), Decision)]
    if ended and not whole:
        raise InputError(source, found, number)
    if len(whole) < len(pieces):
        log.notes.append(f"{source}:{number}: a line that was never written to its end is left out")
    log.decisions.extend(whole)


def _trimmed(piece: bytes) -> bytes:
    return piece[: piece.rfind(b"}") + 1]


def _decision(row: bytes) -> Decision | str:
    """Return the decision, or what is wrong with the line."""
    try:
        decision = msgspec.json.decode(row, type=Decision)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return f"not a decision: {error}"
    return decision if made_again(decision).id == decision.id else f"decision {decision.id} was altered"


def merged(ours: Iterable[Decision], theirs: Iterable[Decision]) -> list[Decision]:
    """Return both logs in one, each decision once, by time.

    Whichever of the two is called ours, and however often they are merged, the result is the same.
    """
    unique = {decision.id: decision for decision in (*ours, *theirs)}
    return sorted(unique.values(), key=lambda decision: (decision.at, decision.id))


def after(decision: Decision, last: Decision | None) -> Decision:
    """Return the decision dated behind `last`, the last of its log: clocks are set back, the order of a log is not."""
    if last is None or decision.at > last.at:
        return decision
    try:
        moment = datetime.fromisoformat(last.at) + timedelta(microseconds=1)
    except ValueError:  # dates of a test or of another program
        return decision
    return made_again(msgspec.structs.replace(decision, at=moment.isoformat(timespec="microseconds")))


@dataclass(frozen=True)
class Conflict:
    """Two answers to one question. counts: the one that the names follow."""

    one: Decision
    other: Decision
    counts: Decision

    def __str__(self) -> str:
        says = " and ".join(f"{d.who or 'somebody'} says {_said(d)}" for d in (self.one, self.other))
        return f"{self.one.subject}: {says}; {_said(self.counts)} counts, the later answer"


def _said(decision: Decision) -> str:
    """Return what a decision answers, in a word or two."""
    if decision.kind in ("edit_bounds", "add_line") and decision.span:
        span = f"{decision.span[0]:.2f} to {decision.span[1]:.2f} s"
        return span if decision.kind == "edit_bounds" else f"{decision.value!r} at {span}"
    if decision.kind == "remove_line":
        return "'no such line'"
    if decision.kind == "mark_overlap":
        return "'others speak too'" if decision.value == YES else "'nobody else speaks'"
    return repr(decision.value or "someone else")


def conflicts(log: Sequence[Decision], ours: Iterable[Decision], theirs: Iterable[Decision]) -> list[Conflict]:
    """Return the questions that standing decisions of `ours` and of `theirs` answer differently in `log`."""
    stands = standing(log)
    state, place = replay(log), {decision.id: at for at, decision in enumerate(stands)}
    mine, other = (_answers(stands, {d.id for d in side}) for side in (ours, theirs))
    found = []
    for question in sorted(mine.keys() & other.keys()):
        one, two = mine[question], other[question]
        if _differ(state, question[0], one, two):
            found.append(Conflict(one, two, max(one, two, key=lambda decision: place[decision.id])))
    return found


def reviewers_conflicts(log: Sequence[Decision]) -> list[Conflict]:
    """Return the questions that two reviewers answer differently."""
    people = sorted({decision.who for decision in log})
    by_person = {who: [d for d in log if d.who == who] for who in people}
    pairs = [(one, two) for at, one in enumerate(people) for two in people[at + 1 :]]
    return [clash for one, two in pairs for clash in conflicts(log, by_person[one], by_person[two])]


_QUESTIONS = {
    "name_voice": "who is the voice",
    "merge_voices": "which voice is it",
    "merge_characters": "what is the character called",
    "rename": "what is the character called",
    "label_line": "who says the line",
    "cast_actor": "who plays the character",
}


def _answers(stands: Sequence[Decision], chosen: set[str]) -> dict[tuple[str, str], Decision]:
    """Return question → the last of the `chosen` standing decisions that answers it."""
    answers: dict[tuple[str, str], Decision] = {}
    for decision in stands:
        if decision.id in chosen:
            answers.update(dict.fromkeys(_questions(decision), decision))
    return answers


_TEXT, _BOUNDS, _THERE = "what does the line say", "where does the line lie", "is there such a line"
_OF_LINES = {
    "edit_text": (_TEXT, _THERE),
    "edit_bounds": (_BOUNDS, _THERE),
    "mark_overlap": ("do others speak too", _THERE),
    "add_line": (_TEXT, _BOUNDS, _THERE),
    "remove_line": (_THERE,),
}
"""A correction also says that there is such a line: who removes it says otherwise."""

SAME_BOUNDS = 0.02
"""Seconds within which two people mean the same bound: the accuracy of a hand on a waveform."""


def _questions(decision: Decision) -> list[tuple[str, str]]:
    if decision.kind == "split_voice":
        return [("which voice says the line", line) for line in decision.lines]
    if decision.kind in _OF_LINES:
        return [(question, decision.subject) for question in _OF_LINES[decision.kind]]
    return [(_QUESTIONS[decision.kind], decision.subject)]


def _differ(state: Identities, question: str, one: Decision, other: Decision) -> bool:
    """Return whether two decisions answer a question differently."""
    if question == _THERE:
        return (one.kind == "remove_line") != (other.kind == "remove_line")
    if question == _TEXT:
        return one.value != other.value
    if question == _BOUNDS:
        pairs = zip(one.span or (), other.span or (), strict=False)
        return any(abs(mine - theirs) > SAME_BOUNDS for mine, theirs in pairs)
    return _meaning(state, one) != _meaning(state, other)


def _meaning(state: Identities, decision: Decision) -> str:
    """Return the answer after renames and merges: two words for one character are one answer."""
    if decision.kind in {"name_voice", "label_line", "rename", "merge_characters"}:
        return state.character_name(decision.value)
    return decision.value if decision.kind == "mark_overlap" else state.merged(decision.value)


def random_answers(log: Sequence[Decision]) -> list[bool]:
    """Return, per line that chance drew, whether the name it had when it was asked is the one that people gave it.

    Counted once a line, by the first answer that stands: whoever answers later may have seen it.
    """
    state = replay(log)
    guesses: dict[str, str] = {}
    for decision in standing(log):
        if decision.kind == "label_line" and decision.random and decision.guess is not None:
            guesses.setdefault(decision.subject, decision.guess)
    return [
        state.character_name(guess) == state.character_name(state.label[line])
        for line, guess in guesses.items()
        if line in state.label
    ]
