"""Annotations from another tool, as decisions: the way back of `audiorole export --as label-studio`."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from audiorole.dataset.build import finished_plan
from audiorole.dataset.names.decision_file import merge_log, now, reviewer
from audiorole.errors import UserError
from audiorole.naming.answers.corrections import text_digest
from audiorole.naming.answers.decisions import Decision, encode_log
from audiorole.naming.answers.decisions import decide as decision
from audiorole.naming.answers.log import reviewers_conflicts
from audiorole.published.formats.annotation.label_studio_answers import AnnotatedLine, read_annotations
from audiorole.review.checks.answer import Answer
from audiorole.review.checks.checking import Known, checked, known_of


@dataclass(frozen=True)
class TakenAnnotations:
    """What an import did. annotations = unchanged + taken + the sum of left_out.

    decisions: new in the log; conflicts: what two people decided differently; left_out: reason → annotations.
    """

    annotations: int
    taken: int
    unchanged: int
    decisions: int
    left_out: dict[str, int] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def take_annotations(out: str | Path, file: str | Path, who: str = "") -> TakenAnnotations:
    """Take an export of Label Studio into the decisions of the build `out`; the next build follows them.

    Each annotator's answers are theirs, dated by when they were given, so that a file that is taken twice counts once.
    who: takes the place of the annotators' names. Raises UserError for a file that is no such export.
    """
    home = Path(out)
    known = known_of(finished_plan(home), home)
    decisions: list[Decision] = []
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for each in read_annotations(Path(file)):
        counts["all"] += 1
        try:
            made = [_decision(answer, each, known, who) for answer in _answers(each)]
        except UserError as error:
            left_out[str(error)] += 1
        else:
            counts["taken" if made else "unchanged"] += 1
            decisions += made
    new, conflicts, notes = _merged(home, decisions) if decisions else (0, (), ())
    return TakenAnnotations(counts["all"], counts["taken"], counts["unchanged"], new, dict(left_out), conflicts, notes)


def _answers(each: AnnotatedLine) -> Iterator[Answer]:
    if each.removed:
        yield Answer("remove_line", each.line)
        return
    if each.character is not None:
        yield Answer("label_line", each.line, each.character)
    if each.corrected is not None:
        yield Answer("edit_text", each.line, each.corrected)
    if each.span is not None:
        yield Answer("edit_bounds", each.line, span=each.span)


def _decision(answer: Answer, each: AnnotatedLine, known: Known, who: str) -> Decision:
    """Return a checked decision. Raises UserError for a line or name that the build does not know."""
    good = checked(answer, known)
    was = "" if good.kind == "label_line" else text_digest(each.text)
    moment, person = each.at or now(), reviewer(who or each.who)
    return decision(good.kind, good.subject, good.value, at=moment, who=person, span=good.span, was=was)  # type: ignore[arg-type]


def _merged(home: Path, decisions: list[Decision]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "decisions.jsonl"
        log.write_bytes(encode_log(sorted(decisions, key=lambda one: (one.at, one.id))))
        new, conflicts, notes = merge_log(home, log)
    between = [*conflicts, *reviewers_conflicts(decisions)]  # with the log, and of annotators with each other
    return new, tuple(dict.fromkeys(map(str, between))), tuple(notes)
